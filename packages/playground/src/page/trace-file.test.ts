import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BadTrace, readTraceFile } from './trace-file.js';

const LINE = JSON.stringify({
  prompt: 'a',
  promptIndex: 0,
  sample: 1,
  text: 'b',
  seed: 1,
  weights: { kind: 1 },
  finishReason: 'end',
  steps: [
    {
      step: 0,
      candidates: [{ token: 1, text: 'b', reference: 1, probability: 1, margins: { kind: 0.5 } }],
      chosen: 0,
      kl: 0,
    },
  ],
});

it('reads what generate wrote', () => {
  expect(readTraceFile(`\uFEFF${LINE}\r\n\n${LINE}\n`)).toEqual([JSON.parse(LINE), JSON.parse(LINE)]);
});

it('reads a line or says what is wrong with it, whatever it holds', () => {
  const cut = fc.nat(LINE.length);
  fc.assert(
    fc.property(cut, cut, fc.oneof(fc.string(), fc.json()), (from, to, put) => {
      try {
        for (const { steps } of readTraceFile(LINE.slice(0, from) + put + LINE.slice(to))) {
          for (const { candidates, chosen } of steps) expect(candidates[chosen].text).toBeTypeOf('string');
        }
      } catch (error) {
        expect(error).toBeInstanceOf(BadTrace);
      }
    }),
  );
});
