import { createHash } from 'node:crypto';
import type { Attribute } from '@halfspace/core';

/**
 * sha-256 (hex) of what an attribute is for a model. Of one that a function computes only its name, description and
 * layers can be told.
 *
 * @param model - Fingerprint of the model.
 */
export function attributeDigest(attribute: Attribute, model: string): string {
  const { name, description } = attribute;
  const hash = createHash('sha256').update(JSON.stringify({ name, description }));
  if ('score' in attribute) return hash.update(JSON.stringify(attribute.layers)).digest('hex');
  for (const { direction, ...rest } of attribute.subspaces.filter((each) => each.model === model)) {
    const { layers, offset, calibration } = rest;
    hash.update(JSON.stringify({ layers, offset, calibration }));
    hash.update(new Uint8Array(direction.buffer, direction.byteOffset, direction.byteLength));
  }
  return hash.digest('hex');
}
