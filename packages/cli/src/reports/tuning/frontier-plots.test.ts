import type { FrontierPoint } from '@halfspace/evaluate';
import { expect, it } from 'vitest';
import { frontierPlot, KL, marginAxis } from './frontier-plots.js';

it('draws the weights found as a square, as the legend does, and the others as circles', () => {
  const estimate = (value: number) => ({ value, low: value - 0.1, high: value + 0.1 });
  const points = [0, 0.5, 1].map((scale) => ({
    scale,
    kl: estimate(scale),
    perplexity: estimate(9),
    margins: { kind: estimate(2 * scale) },
  }));
  const plot = frontierPlot(points as unknown as FrontierPoint[], KL, marginAxis('kind'));
  const found = /<g[^>]*fill="var\(--other\)"[^>]*>(.*?)<\/g>/s.exec(plot)?.[1] ?? '';
  expect(found.match(/<path/g)).toHaveLength(1);
  expect(found).not.toContain('<circle');
  expect(plot.match(/<circle/g)).toHaveLength(2);
});
