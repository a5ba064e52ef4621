import { describe, expect, it } from 'vitest';
import { defineAttribute, type ModelInfo, type Readings } from '@halfspace/contracts';
import { arithmeticWarnings } from './arithmetic-warnings.js';

const MODEL: ModelInfo = {
  name: 'tiny',
  fingerprint: 'f00d',
  layers: 4,
  width: 2,
  contextLength: 8,
  arithmetic: { states: 'f32', decoding: 'int4' },
};

function attribute(name: string, readings?: Readings, model = MODEL.fingerprint) {
  return defineAttribute({
    name,
    description: 'for a test',
    subspaces: [
      {
        model,
        layers: [2],
        direction: Float32Array.of(1, 0),
        offset: 0,
        calibration: { slope: 1, intercept: 0 },
        ...(readings && { readings }),
      },
    ],
  });
}

const fitted = (arithmetic: string, others?: Readings['others']): Readings => ({
  arithmetic,
  layers: 'transformers',
  ...(others && { others }),
});

describe('an attribute that is read in another arithmetic', () => {
  it('comes with what was measured', () => {
    const int4 = { rows: 200, margin: 0.083, shift: -0.012, auroc: [0.912, 0.9106] } as const;
    const [warning, ...rest] = arithmeticWarnings([attribute('calm', fitted('f32', { int4 }))], MODEL);
    expect(rest).toEqual([]);
    expect(warning).toContain('fitted in f32 are read in int4');
    expect(warning).toContain(
      'calm: margins of 200 texts differ by 0.08 (−0.01 on average), AUROC 0.911 for 0.912',
    );
    expect(warning).not.toContain('compare-precision');
  });

  it('is said to be unmeasured where it is', () => {
    const found = arithmeticWarnings(
      [attribute('calm', fitted('f32')), attribute('kind', fitted('int8'))],
      MODEL,
    );
    expect(found).toHaveLength(2);
    expect(found[1]).toMatch(/int8 are read in int4 \(kind: not measured\).*compare-precision/);
  });

  it('is nothing to speak of where arithmetics are the same, or one is not known', () => {
    const none = [
      attribute('calm', fitted('int4')),
      attribute('kind'),
      attribute('old', fitted('f32'), 'beef'),
    ];
    expect(arithmeticWarnings(none, MODEL)).toEqual([]);
    const { arithmetic: _, ...unknown } = MODEL;
    expect(arithmeticWarnings([attribute('calm', fitted('f32'))], unknown)).toEqual([]);
  });
});
