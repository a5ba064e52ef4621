import type { Attribute } from '../contracts/attribute.js';
import { checkPlugin } from './check-plugin.js';
import { defineExtensionPoint } from './extension-point.js';

/** Attributes that a module adds: what `defineAttribute` makes. */
export const ATTRIBUTE = defineExtensionPoint<Attribute>('attribute', {
  check: (value) => checkPlugin('attribute', value),
  unknown: 'unknown-attribute',
});
