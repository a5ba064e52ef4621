import { createHash } from 'node:crypto';
import { type Attribute, type KnownModel, subspacesFor } from '@halfspace/core';

/**
 * sha-256 (hex) of what an attribute is for a model. Of one that a function computes only its name, description and
 * layers can be told.
 */
export function attributeDigest(attribute: Attribute, model: KnownModel): string {
  const { name, description } = attribute;
  const hash = createHash('sha256').update(JSON.stringify({ name, description }));
  if ('score' in attribute) return hash.update(JSON.stringify(attribute.layers)).digest('hex');
  for (const { direction, ...rest } of subspacesFor(attribute, model)) {
    const { layers, offset, calibration } = rest;
    hash.update(JSON.stringify({ layers, offset, calibration }));
    hash.update(new Uint8Array(direction.buffer, direction.byteOffset, direction.byteLength));
  }
  return hash.digest('hex');
}
