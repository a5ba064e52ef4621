import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Where Chromium is; undefined where there is none. */
export const CHROMIUM = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
);

/** Starts it. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', '--disable-gpu'] });
}

/** What a page does wrong to those who see little, hear it read, or use a small screen. */
export async function faultsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const faults: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth)
      faults.push(`wider than the window by ${root.scrollWidth - root.clientWidth}`);
    if (root.lang === '') faults.push('no language');
    const isShown = (element: Element) =>
      element.checkVisibility({ visibilityProperty: true, opacityProperty: true });

    function nameOf(element: Element): string {
      const labelledBy = (element.getAttribute('aria-labelledby') ?? '').split(' ').filter(Boolean);
      const labels =
        element instanceof HTMLInputElement ||
        element instanceof HTMLSelectElement ||
        element instanceof HTMLTextAreaElement
          ? [...(element.labels ?? [])]
          : [];
      const isText = element.matches('button, a, summary, option, th');
      return [
        element.getAttribute('aria-label') ?? '',
        ...labelledBy.map((id) => document.querySelector(`#${id}`)?.textContent ?? ''),
        ...labels.map((label) => label.textContent ?? ''),
        isText ? (element.textContent ?? '') : '',
      ]
        .join(' ')
        .trim();
    }
    const named =
      'button, a[href], input, select, textarea, summary, [role=img], [role=region], [role=listbox], section, article';
    for (const element of document.querySelectorAll(named)) {
      if (isShown(element) && nameOf(element) === '')
        faults.push(`no name: ${element.outerHTML.slice(0, 80)}`);
    }
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`id twice: ${id}`);

    // Colours are mixed by the canvas, which understands all of them.
    const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    if (pen === null) return ['no canvas'];
    function over(under: string, ...tops: string[]): number[] {
      if (pen === null) return [];
      for (const colour of [under, ...tops]) {
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
      }
      return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
    }
    const light = ([r, g, b]: number[]) => {
      const [x, y, z] = [r, g, b].map((c) =>
        c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      if (element === null || (node.textContent ?? '').trim() === '' || !isShown(element)) continue;
      if (element.matches('.sr, :disabled, :disabled *, script, style, noscript, option')) continue;
      const grounds: string[] = [];
      for (let at: Element | null = element; at !== null; at = at.parentElement)
        grounds.unshift(getComputedStyle(at).backgroundColor);
      const style = getComputedStyle(element);
      const inSvg = element.closest('svg') !== null;
      const ground = over('#fff', ...grounds);
      const ink = over('#fff', ...grounds, inSvg ? style.fill : style.color);
      const [low, high] = [light(ground), light(ink)].toSorted((a, b) => a - b);
      const contrast = (high + 0.05) / (low + 0.05);
      if (contrast < 4.5)
        faults.push(
          `contrast ${contrast.toFixed(2)}: ${(node.textContent ?? '').trim().slice(0, 40)} (${element.className})`,
        );
    }
    return faults;
  });
}
