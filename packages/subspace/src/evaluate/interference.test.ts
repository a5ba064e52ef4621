import { expect, test } from 'vitest';
import { EVALUATION } from '../testing/evaluation-reference.js';
import { measureInterference } from './interference.js';

const { series, correlations } = EVALUATION.correlated;

function attribute(name: string, layer: number, direction: readonly number[], margins: readonly number[][]) {
  const subspace = {
    model: 'f00d',
    layers: [layer],
    direction: Float32Array.from(direction),
    offset: 0,
    calibration: { slope: 1, intercept: 0 },
  };
  return { name, subspace, margins: margins.map((each) => Float64Array.from(each)) };
}

test('correlations are those of numpy, after the last token and over every one', () => {
  // The same series once as the last tokens of responses of one or two tokens, once as all tokens of two.
  const last = series.map((values) => values.map((value, i) => (i % 2 === 0 ? [value] : [i, value])));
  const every = series.map((values) => [values.slice(0, 7), values.slice(7)]);
  const at = (margins: number[][][]) =>
    measureInterference(margins.map((each, i) => attribute(`a${i}`, 1, [1, 0], each))).correlations;
  const close = correlations.map((row) => row.map((value) => expect.closeTo(value, 12)));
  expect(at(last).last).toEqual(close);
  expect(at(every).every).toEqual(close);
  expect(at(every).last).not.toEqual(close);
});

test('cosines are between directions of one layer', () => {
  const margins = [[1], [2]];
  const { attributes, cosines } = measureInterference([
    attribute('calm', 1, [1, 0], margins),
    attribute('kind', 1, [0.6, 0.8], margins),
    attribute('true', 2, [1, 0], margins),
  ]);
  expect(attributes).toEqual(['calm', 'kind', 'true']);
  expect(cosines).toEqual([
    [1, expect.closeTo(0.6, 7), null],
    [expect.closeTo(0.6, 7), expect.closeTo(1, 7), null],
    [null, null, 1],
  ]);
});

test('a margin that never changes has no correlation', () => {
  const { correlations: found } = measureInterference([
    attribute('calm', 1, [1, 0], [[1], [2]]),
    attribute('still', 1, [0, 1], [[3], [3]]),
  ]);
  expect(found.last).toEqual([
    [1, null],
    [null, null],
  ]);
});
