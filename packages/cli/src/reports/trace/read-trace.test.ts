import { isHalfspaceError, type Completion } from '@halfspace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseTraceLine } from './read-trace.js';
import { settingsLine } from './settings-line.js';
import { traceLine } from './trace-line.js';

const completion: Completion = {
  prompt: 'a\u2028"',
  promptIndex: 0,
  sample: 1,
  text: ' b',
  tokens: [7],
  tokenTexts: [' b'],
  tokenLogprobs: [-1],
  logprob: -1,
  promptTokens: 1,
  cachedTokens: 0,
  kl: 0.1,
  klIsExact: true,
  evaluations: 2,
  margins: {},
  finishReason: 'length',
  trace: [
    {
      step: 0,
      before: { calm: 0.5 },
      candidates: [
        { token: 7, text: ' b', reference: 1 + 2e-16, margins: { calm: -0.5 }, probability: 0.25 },
        { token: 0, text: '', reference: 1e-30, margins: {}, probability: 0.75 },
      ],
      chosen: 0,
      kl: 0.1,
      control: {
        status: 'optimal',
        weights: { calm: -Infinity, kind: 2 },
        share: 1,
        constraintWeights: [],
        conflicts: [],
        expected: { calm: { before: 0, after: 1 } },
      },
    },
  ],
  settings: {
    model: 'fedcba98',
    seed: 3,
    temperature: 0.5,
    weights: { calm: '2*progress', kind: 0 },
    bonus: 'margin',
    caps: { calm: Infinity, kind: 0 },
  },
  timing: { promptMs: 1, decodeMs: 1 },
};
const LINE = traceLine(completion).trimEnd();
const parse = (text: string) => parseTraceLine({ text, place: 'trace.jsonl:5' });

it('reads what was written, and what it does not know', () => {
  const { prompt, promptIndex, sample, text, finishReason, settings } = completion;
  const found = parse(LINE.replace('"seed"', '"later":null,"seed"'));
  expect(found).toMatchObject({ prompt, promptIndex, sample, text, finishReason });
  // JSON has no infinite numbers.
  expect(found).toMatchObject({ ...settings, caps: { calm: null, kind: 0 } });
  expect(found.steps[0].control?.weights).toEqual({ calm: null, kind: 2 });
  expect(found.steps[0].candidates).toEqual(completion.trace?.[0].candidates);
});

it('reads earlier traces, which have one cap for all attributes', () => {
  for (const cap of [null, 0.5]) {
    const found = parse(LINE.replace('"caps":{"calm":null,"kind":0}', `"cap":${cap}`));
    expect(found.cap).toBe(cap);
    const end = 'temperature 0.5, seed 3, model fedcba98';
    expect(settingsLine(found)).toBe(`calm=2*progress, kind=0, ${cap === null ? '' : `cap ${cap}, `}${end}`);
  }
});

it('names the caps of attributes where they differ', () => {
  const end = 'temperature 0.5, seed 3, model fedcba98';
  expect(settingsLine(parse(LINE))).toBe(`calm=2*progress, kind=0 cap 0, ${end}`);
  expect(settingsLine({ ...parse(LINE), caps: { calm: 1, kind: 1 } })).toBe(
    `calm=2*progress, kind=0, cap 1, ${end}`,
  );
  expect(settingsLine({ ...parse(LINE), caps: { calm: 1, kind: 0 }, formula: '2*calm' })).toBe(
    `2*calm, ${end}`,
  );
});

it.each([
  ['this is no JSON', LINE.slice(1)],
  ['the line must be object', '[]'],
  ['the line must have "steps", which is missing', LINE.replace('"steps"', '"step"')],
  ['steps.0.kl must be number', LINE.replace('"kl":0.1', '"kl":null')],
  ['steps.0.kl must be number', LINE.replace('"kl":0.1', '"kl":1e999')],
  ['steps.0.candidates.0.probability must be <= 1', LINE.replace('0.25', '1.25')],
  ['steps.0.candidates.1.reference must be >= 0', LINE.replace('1e-30', '-1')],
  ['steps.0.candidates must have at least 1 item; it has 0', LINE.replace(/\[\{"token".*?\}\]/, '[]')],
  [
    'steps.0.control.status must be one of optimal, inactive, infeasible; got "fine"',
    LINE.replace('optimal', 'fine'),
  ],
  ['weights must match pattern', LINE.replace('{"calm":"2*', '{"\\u001b[2J":"2*')],
  ['step 0 chose candidate 2, and has 2 of them', LINE.replace('"chosen":0', '"chosen":2')],
  ['step 0 says that it is step 1', LINE.replace('"step":0', '"step":1')],
])('says what is wrong: %s', (message, text) => {
  expect(() => parse(text)).toThrow(
    expect.objectContaining({
      code: 'bad-trace',
      message: expect.stringMatching(/^trace\.jsonl:5: .*halfspace generate --trace FILE/),
    }),
  );
  expect(() => parse(text)).toThrow(message);
});

it('gives a trace or a clear error of whatever a line holds', () => {
  const cut = fc.nat(LINE.length);
  fc.assert(
    fc.property(cut, cut, fc.oneof(fc.string(), fc.json()), (from, to, put) => {
      try {
        const { steps } = parse(LINE.slice(0, from) + put + LINE.slice(to));
        for (const { candidates, chosen } of steps) expect(candidates[chosen].text).toBeTypeOf('string');
      } catch (error) {
        if (!isHalfspaceError(error)) throw error;
        expect(error.code).toBe('bad-trace');
      }
    }),
  );
});
