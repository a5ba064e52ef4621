import type { TracedCandidate, TracedStep } from '@halfspace/core';
import { type ElementPart, part } from './part.js';

/** What a table of candidates shows besides them. */
export interface CandidateTableOptions {
  /** Attributes that have a column, in their order. */
  readonly names: readonly string[];
  /** Whether each candidate has a button `data-continue="<index>"` (default false). */
  readonly canContinue?: boolean;
}

/** A probability after re-weighting below which a candidate is called out of the running. */
const HARDLY = 0.001;

/** Candidates of a step: probability before, margins, probability after, as numbers and as bars. The one that was taken is marked. */
export function candidateTable(
  { candidates, chosen }: Pick<TracedStep, 'candidates' | 'chosen'>,
  { names, canContinue = false }: CandidateTableOptions,
): ElementPart {
  const heading = [
    part('th', { scope: 'col' }, 'token'),
    part('th', { scope: 'col', colspan: 2, class: 'bars' }, 'before'),
    part('th', { scope: 'col', colspan: 2, class: 'bars' }, 'after'),
    ...names.map((name) => part('th', { scope: 'col' }, name)),
    ...(canContinue ? [part('th', { scope: 'col' }, 'go on')] : []),
  ];
  const rows = candidates.map((candidate, index) =>
    part(
      'tr',
      {
        class: index === chosen ? 'chosen' : candidate.probability < HARDLY ? 'out' : undefined,
        'aria-current': index === chosen ? 'true' : undefined,
      },
      part(
        'th',
        { scope: 'row' },
        tokenCode(candidate.text),
        index === chosen ? part('span', { class: 'tag' }, 'taken') : undefined,
        candidate.probability < HARDLY ? part('span', { class: 'tag' }, 'out') : undefined,
      ),
      ...probability(candidate.reference, 'quiet'),
      ...probability(candidate.probability, 'desired'),
      ...names.map((name) => part('td', {}, marginText(candidate, name))),
      canContinue
        ? part(
            'td',
            {},
            part(
              'button',
              {
                type: 'button',
                'data-continue': index,
                'aria-label': `Continue with ${JSON.stringify(candidate.text)}`,
              },
              'Continue',
            ),
          )
        : undefined,
    ),
  );
  return part('table', {}, part('thead', {}, part('tr', {}, ...heading)), part('tbody', {}, ...rows));
}

/** The margin of a candidate, in log-odds; undefined where it was not evaluated. */
export function marginOf(
  { margins }: Pick<TracedCandidate, 'margins'>,
  attribute: string,
): number | undefined {
  return Object.hasOwn(margins, attribute) ? margins[attribute] : undefined;
}

function marginText(candidate: TracedCandidate, name: string): string {
  return marginOf(candidate, name)?.toFixed(2) ?? '–';
}

/** A token with its blanks to be seen. */
export function tokenCode(text: string): ElementPart {
  return part('code', {}, JSON.stringify(text));
}

/** A probability, and a cell with its bar. */
function probability(value: number, colour: 'quiet' | 'desired'): ElementPart[] {
  const bar = part('rect', { class: `fill-${colour}`, width: (100 * value).toFixed(2), height: 10 });
  const plot = { viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' };
  return [part('td', {}, value.toFixed(3)), part('td', { class: 'bar' }, part('svg', plot, bar))];
}
