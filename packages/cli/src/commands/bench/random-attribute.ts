import { createHash } from 'node:crypto';
import { defineAttribute, encodePrompt, prefillWhole, type Attribute, type Backend } from '@halfspace/core';

/**
 * An attribute that costs what a fitted one does and means nothing: a direction drawn at random, the
 * same for the same name. Its margins have a standard deviation of 1 on the given text.
 */
export async function createRandomAttribute(
  name: string,
  backend: Backend,
  layer: number,
  text: string,
): Promise<Attribute> {
  const { width, fingerprint } = backend.model;
  const direction = randomDirection(name, width);
  const { tokens } = encodePrompt(backend.tokenizer, text);
  const prefill = await prefillWhole(backend, { tokens, rowsPerStep: 1, layers: [layer] });
  backend.release(prefill.context);
  const states = prefill.hidden(layer);
  const projections = tokens.map((_, row) =>
    direction.reduce((sum, value, i) => sum + value * states[row * width + i], 0),
  );
  const mean = average(projections);
  const deviation = Math.sqrt(average(projections.map((value) => (value - mean) ** 2)));
  return defineAttribute({
    name,
    description: 'a random direction, for timing only',
    subspaces: [
      {
        model: fingerprint,
        layers: [layer],
        direction,
        offset: mean,
        calibration: { slope: 1 / deviation, intercept: 0 },
      },
    ],
  });
}

/** A unit vector made of the name's hash. */
function randomDirection(name: string, width: number): Float32Array {
  const bytes = createHash('shake256', { outputLength: width * 4 })
    .update(name)
    .digest();
  const values = Array.from({ length: width }, (_, i) => bytes.readInt32LE(i * 4) / 2 ** 31);
  const norm = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / norm);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
