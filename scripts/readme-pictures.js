// Draws the pictures of the README from a real run of the default model: the playground, light and dark, to docs/images. Needs a build
// and Chromium (CHROMIUM names another than /usr/bin/chromium). --url takes a server that runs already.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TEXT = new URLSearchParams({
  m: 'completion',
  p: 'My neighbour is such a',
  'w.nontoxic': '2',
  s: '2',
  n: '14',
  t: '1',
});

/** Starts a server, and waits until it has its model. */
async function startServer() {
  const words = ['packages/cli/bin/halfspace.js', 'playground', '--no-open', '--port', '0', '--log', 'none'];
  const server = spawn(process.execPath, words, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  for await (const chunk of server.stderr) {
    said += String(chunk);
    const [, url] = /Ready\. (\S+)\/v1 /.exec(said) ?? [];
    if (url !== undefined) return { url, stop: async () => (server.kill(), once(server, 'exit')) };
  }
  throw new Error(`The server did not start: ${said}`);
}

const { values } = parseArgs({ options: { url: { type: 'string' } } });
const { url, stop } =
  values.url === undefined ? await startServer() : { url: values.url, stop: async () => undefined };
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    const page = await browser.newPage({ viewport: { width: 1180, height: 1040 }, colorScheme });
    page.setDefaultTimeout(600_000);
    await page.goto(`${url}/#${TEXT}`);
    await page.locator('#status', { hasText: 'Both texts are there' }).waitFor({ state: 'attached' });
    await page.locator('#steered-0').click();
    await page.locator('#token table').waitFor();
    // The time a token takes says more of the machine than of the method.
    await page.locator('dl.figures div', { hasText: 'ms a token' }).evaluateAll((all) => {
      for (const each of all) each.remove();
    });
    await page.evaluate(() => {
      window.scrollTo(0, 0);
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    });
    await page.screenshot({ path: `${ROOT}docs/images/playground-${colorScheme}.png` });
    await page.close();
  }
} finally {
  await browser.close();
  await stop();
}
