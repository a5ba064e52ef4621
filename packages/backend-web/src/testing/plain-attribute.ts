import { defineAttribute } from '@halfspace/core';

/** An attribute with one subspace, as it is handed to a page. */
export interface PlainAttribute {
  readonly name: string;
  readonly fingerprint: string;
  readonly layers: readonly number[];
  readonly direction: readonly number[];
}

/** The attribute, made where it is used. */
export function attributeOf({ name, fingerprint, layers, direction }: PlainAttribute) {
  const norm = Math.hypot(...direction);
  return defineAttribute({
    name,
    description: `text that is ${name}`,
    subspaces: [
      {
        model: fingerprint,
        layers,
        direction: Float32Array.from(direction, (each) => each / norm),
        offset: 0,
        calibration: { slope: 2, intercept: 0.1 },
      },
    ],
  });
}
