import { defineAttribute, type LinearAttribute, type Prediction } from '@halfspace/contracts';

/** Slope of its calibration. */
export const TOY_SLOPE = 2;

/**
 * An attribute of the toy backend that reads one number of its hidden states.
 *
 * @param prediction - What it expects of them (default: nothing).
 */
export function toyAttribute(name: string, axis: number, prediction?: Prediction): LinearAttribute {
  const direction = Float32Array.from({ length: 4 }, (_, i) => (i === axis ? 1 : 0));
  const calibration = { slope: TOY_SLOPE, intercept: 0.25 };
  return defineAttribute({
    name,
    description: 'a test',
    subspaces: [
      {
        model: 'toy-fingerprint',
        layers: [1],
        direction,
        offset: 0.1,
        calibration,
        ...(prediction && { prediction }),
      },
    ],
  });
}
