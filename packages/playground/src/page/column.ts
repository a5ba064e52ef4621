import { part, type ElementPart } from '../parts/part.js';
import { shadeStyle } from '../parts/shade.js';
import { domOf, fill } from './dom.js';
import type { Figures, Piece } from './server.js';

/** A piece of a text: a token, or the tokens that a character is spread over. */
export interface ShownToken {
  readonly text: string;
  /** The step that it ends with, from 0. */
  readonly step: number;
  /** Margins of the text with it. */
  readonly margins: Readonly<Record<string, number>>;
  /** Candidates that were run for it. */
  readonly evaluations: number;
}

/** One of the two texts, with its figures. */
export interface Column {
  readonly element: HTMLElement;
  readonly tokens: readonly ShownToken[];
  /** Empties it. */
  begin(before: string): void;
  /** Adds what the server has sent. */
  add(piece: Piece): void;
  /** Colours by a value; by none where there is none of that name. */
  colourBy(name: string): void;
  /** Marks where the texts part. */
  markAt(index: number | undefined): void;
  /** Adds a figure of the finished text. */
  showFigure(name: string, value: string): void;
  /** Shows which token is looked at. */
  select(index: number | undefined): void;
}

/**
 * Makes an empty column.
 *
 * @param onOpen - Told which token is chosen, by pointer or keyboard.
 */
export function createColumn(id: string, title: string, onOpen: (index: number) => void): Column {
  const tokens: ShownToken[] = [];
  const figures = new Map<string, string>();
  let [colour, mark, step, evaluations]: [string, number | undefined, number, number] = ['', undefined, 0, 0];
  let times: number[] = [];
  let current: number | undefined;
  const element = domOf(
    part(
      'article',
      { 'aria-labelledby': `${id}-title` },
      part('h2', { id: `${id}-title` }, title),
      part('p', { class: 'sr' }),
      part('div', {
        class: 'text',
        tabindex: 0,
        role: 'listbox',
        'aria-label': `${title}, by token: arrow keys move, Enter shows the candidates`,
      }),
      part('dl', { class: 'figures' }),
    ),
  ) as HTMLElement;
  const [whole, text, list] = [...element.children].slice(1) as [HTMLElement, HTMLElement, HTMLElement];

  function tokenPart({ text: shown, margins }: ShownToken, index: number): ElementPart {
    const style = shadeStyle(margins[colour]);
    const margin = margins[colour];
    return part(
      'span',
      {
        class: `token${Object.keys(style).length > 0 ? ' shaded' : ''}${index === current ? ' current' : ''}`,
        id: `${id}-${index}`,
        role: 'option',
        'aria-selected': index === current ? 'true' : 'false',
        title: margin === undefined ? undefined : `${colour} ${margin.toFixed(2)}`,
        style,
      },
      shown,
    );
  }

  function draw(): void {
    const before = text.querySelector('.begun');
    const shown = tokens.flatMap((token, index) => [
      ...(index === mark
        ? [part('span', { class: 'part', role: 'presentation' }, 'the texts part here')]
        : []),
      tokenPart(token, index),
    ]);
    fill(text, ...shown);
    if (before !== null) text.prepend(before);
    if (current !== undefined && current < tokens.length)
      text.setAttribute('aria-activedescendant', `${id}-${current}`);
    else text.removeAttribute('aria-activedescendant');
  }

  function drawFigures(): void {
    const items = [...figures].flatMap(([name, value]) => [
      part('div', {}, part('dt', {}, name), part('dd', {}, value)),
    ]);
    fill(list, ...items);
  }

  function noteFigures(
    { kl, evaluations: run, klIsExact, margins = {}, error }: Figures,
    isLast: boolean,
  ): void {
    const count = step;
    if (kl !== undefined) figures.set('KL, nats', `${klIsExact === false ? 'about ' : ''}${kl.toFixed(2)}`);
    if (run !== undefined && count > 0) figures.set('candidates run a token', (run / count).toFixed(1));
    if (times.length > 1)
      figures.set(
        'ms a token',
        String(Math.round((times[times.length - 1] - times[0]) / (times.length - 1))),
      );
    if (isLast) {
      for (const [name, margin] of Object.entries(margins)) {
        if (typeof margin === 'object' && margin.mean !== null)
          figures.set(`mean ${name}`, margin.mean.toFixed(2));
      }
      figures.set('tokens', String(count));
      if (error !== undefined) figures.set('ended by', error.message);
    }
    drawFigures();
  }

  text.addEventListener('click', ({ target }) => {
    const found = target instanceof Element ? target.closest('.token') : null;
    if (found !== null) onOpen(Number(found.id.slice(id.length + 1)));
  });
  text.addEventListener('keydown', (event) => {
    const to = {
      ArrowRight: (current ?? -1) + 1,
      ArrowLeft: (current ?? 1) - 1,
      Home: 0,
      End: tokens.length - 1,
    }[event.key];
    if (to !== undefined && tokens.length > 0) {
      column.select(Math.min(tokens.length - 1, Math.max(0, to)));
      event.preventDefault();
    }
    if ((event.key === 'Enter' || event.key === ' ') && current !== undefined) {
      event.preventDefault();
      onOpen(current);
    }
  });

  const column: Column = {
    element,
    tokens,
    begin(before) {
      tokens.length = 0;
      figures.clear();
      [mark, step, evaluations, current, times] = [undefined, 0, 0, undefined, []];
      whole.textContent = '';
      fill(text, ...(before === '' ? [] : [part('span', { class: 'begun' }, before)]));
      text.removeAttribute('aria-activedescendant');
      drawFigures();
    },
    add({ text: added, tokens: count, figures: found, finishReason }) {
      const isLast = finishReason !== null;
      if (count > 0) {
        step += count;
        if (!isLast) times.push(performance.now());
      }
      if (added !== '') {
        const run = found.evaluations ?? evaluations;
        const margins = Object.fromEntries(
          Object.entries(found.margins ?? {}).filter(
            (entry): entry is [string, number] => typeof entry[1] === 'number',
          ),
        );
        tokens.push({ text: added, step: step - 1, margins, evaluations: run - evaluations });
        evaluations = run;
        text.append(domOf(tokenPart(tokens[tokens.length - 1], tokens.length - 1)));
      }
      noteFigures(found, isLast);
      if (isLast) whole.textContent = tokens.map((token) => token.text).join('');
    },
    colourBy(name) {
      colour = name;
      draw();
    },
    markAt(index) {
      if (index === mark) return;
      mark = index;
      draw();
    },
    showFigure(name, value) {
      figures.set(name, value);
      drawFigures();
    },
    select(index) {
      current = index;
      draw();
    },
  };
  return column;
}
