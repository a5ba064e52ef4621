import { describe, expect, it } from 'vitest';
import { scaleByConfig } from '../families/config-rotary.js';
import { dataOf } from './matrix.js';
import { metadataReader } from './metadata.js';
import { rotaryFrequencies, rotaryTables } from './rotary.js';
import { scaleLlama3 } from './rotary-scaling.js';

describe('rotary positions', () => {
  it('turn pair i by base^(-2i/width) per position', async () => {
    expect([...rotaryFrequencies(4, 100)]).toEqual([1, 0.1]);
    const { cosines, sines } = rotaryTables(rotaryFrequencies(4, 100), 3);
    expect((await dataOf(cosines))[5]).toBeCloseTo(Math.cos(0.2), 6);
    expect((await sines.read(2, 1))[1]).toBeCloseTo(Math.sin(0.2), 6);
  });

  it('of llama 3 keep short waves, slow long ones by the factor and blend between', () => {
    const scaling = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192 };
    const wave = (length: number) => (2 * Math.PI) / length;
    const [short = 0, long = 0, middle = 0] = scaleLlama3(
      Float64Array.of(wave(100), wave(10_000), wave(4096)),
      scaling,
    );
    expect(short).toBe(wave(100));
    expect(long).toBe(wave(10_000) / 8);
    // Two turns in the original context: a third of the way from 1 to 4.
    expect(middle).toBeCloseTo(((2 / 3) * wave(4096)) / 8 + wave(4096) / 3, 12);
  });

  it('refuse a scaling that they do not know', () => {
    const unscaled = { frequencies: rotaryFrequencies(4, 100), base: 100, contextLength: 64 };
    const scale = (entry: Readonly<Record<string, string | number>>) => {
      const read = metadataReader({ name: 'm', metadata: new Map(Object.entries(entry)) });
      return scaleByConfig({ name: 'm' }, unscaled, read).frequencies;
    };
    expect(() => scale({ rope_type: 'xpos' })).toThrow(
      expect.objectContaining({ code: 'unsupported-model' }),
    );
    expect(() => scale({ rope_type: 'linear' })).toThrow(expect.objectContaining({ code: 'corrupt-model' }));
    expect([...scale({ type: 'linear', factor: 2 })]).toEqual([0.5, 0.05]);
  });
});
