import type { TracedCandidate } from '@halfspace/core';
import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { summaryOf } from './summary.js';
import type { TracedCompletion } from './trace-line.js';
import { tracePage } from './trace-page.js';

const EVIL = '</code></details><script>alert(1)</script>"\'&';
const candidate = (text: string, reference: number, probability: number, calm?: number): TracedCandidate => ({
  token: 1,
  text,
  reference,
  probability,
  margins: calm === undefined ? {} : { calm },
});
const completion: TracedCompletion = {
  prompt: EVIL,
  promptIndex: 0,
  sample: 0,
  text: EVIL,
  model: '0123456789abcdef',
  seed: 1,
  weights: { kind: 0, calm: `3*progress ${EVIL}` },
  bonus: 'margin',
  caps: { kind: 0.5, calm: 0.5 },
  finishReason: 'end',
  steps: [
    {
      step: 0,
      before: { calm: 2 },
      candidates: [candidate(EVIL, 0.25, 0.5, 3), candidate('x', 0.75, 0.5, 1)],
      chosen: 0,
      kl: 0.25,
      control: {
        status: 'optimal',
        weights: { kind: 0, calm: 1.5 },
        share: 0.25,
        constraintWeights: [],
        conflicts: [],
        expected: {},
      },
    },
    { step: 1, before: { calm: 3 }, candidates: [candidate(' bad', 1, 1, -1)], chosen: 0, kl: 0 },
    {
      step: 2,
      before: { calm: -1 },
      candidates: [candidate('', 0.5, 0.5), candidate('y', 0.5, 0.5, 0)],
      chosen: 0,
      kl: 0.5,
    },
  ],
};
const page = tracePage([completion, { ...completion, sample: 1, steps: [] }], 'calm');
const { document } = parseHTML(page);

it('needs nothing but itself, and takes no text for its own', () => {
  expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org)|\bsrc=|\bhref="[^#]|url\(|@import|<script/);
  expect(document.querySelector('.text')?.textContent).toBe(`${EVIL}${EVIL} bad`);
  expect(document.querySelectorAll('h2')).toHaveLength(2);
});

it('colours a token by its margin, and leads to its step', () => {
  const tokens = [...document.querySelectorAll('.text a')];
  const shades = tokens.map((each) =>
    [...(each.getAttribute('style') ?? '').matchAll(/--side-1: var\(--(\w+)\); --share-1: (\d+)%/g)].flatMap(
      (found) => found.slice(1),
    ),
  );
  // 45 tanh(m / 2), which is 45 |2σ(m) − 1|.
  const strength = (margin: number) => String(Math.round(45 * Math.abs(2 / (1 + Math.exp(-margin)) - 1)));
  expect(shades).toEqual([['desired', strength(3)], ['other', strength(-1)], []]);
  for (const each of tokens) {
    const place = document.querySelector(each.getAttribute('href') ?? '');
    expect(place?.closest('details')?.textContent).toContain(JSON.stringify(each.textContent));
  }
});

it('shows the candidates with bars before and after', () => {
  const [first] = document.querySelectorAll('details');
  const rows = [...first.querySelectorAll('tbody tr')].map((row) => [
    row.className,
    ...[...row.querySelectorAll('rect')].map((bar) => bar.getAttribute('width')),
    row.lastElementChild?.textContent,
  ]);
  expect(rows).toEqual([
    ['chosen', '25.00', '50.00', '3.00'],
    ['', '75.00', '50.00', '1.00'],
  ]);
});

it('says what was asked for, and what a step was steered by', () => {
  const facts = [...document.querySelectorAll('section > .facts')].map(({ textContent }) => textContent);
  expect(facts[0]).toContain(`; kind=0, calm=3*progress ${EVIL}, cap 0.5, seed 1, model 0123456789ab`);
  const steps = [...document.querySelectorAll('details')].map(({ textContent }) => textContent);
  expect(steps[0]).toContain('nats, optimal');
  expect(steps[0]).toContain('Steered by calm 1.50, 25 % within the budget');
  expect(steps[1]).not.toContain('Steered by');
});

it('plots KL and margins over the steps', () => {
  const marks = (plot: string, mark: string) =>
    document.querySelectorAll(`svg[aria-label="${plot}"] ${mark}`).length;
  expect(marks('KL (nats), by step', 'rect')).toBe(3);
  expect(marks('calm (log-odds), by step', '.fill-desired, .fill-other')).toBe(2);
});

it('draws every attribute, says so of one that was never read, and lets each colour the text', () => {
  const titles = [...document.querySelectorAll('section:first-of-type figcaption strong')];
  expect(titles.map(({ textContent }) => textContent)).toEqual(['KL', 'kind', 'calm']);
  expect(document.querySelector('figure .nothing')?.textContent).toBe(
    'No step has a value of kind (log-odds).',
  );
  const [chosen, ...others] = document.querySelectorAll('section:first-of-type input[checked]');
  expect([chosen?.parentElement?.textContent, others.length]).toEqual([' calm', 0]);
  expect(page).toContain('.trace:has(.colour-1:checked) .shaded { --side: var(--side-1)');
});

it('is summed up', () => {
  expect(summaryOf(completion)).toMatchObject({
    tokens: 3,
    kl: 0.75,
    furthest: { step: 2, token: '', kl: 0.5 },
    margins: { calm: { mean: 1, min: -1 } },
  });
  expect(summaryOf(completion).margins).not.toHaveProperty('kind');
  expect(summaryOf({ ...completion, steps: [] })).not.toHaveProperty('furthest');
});
