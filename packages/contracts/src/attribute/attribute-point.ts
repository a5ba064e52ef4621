import type { Attribute } from './attribute.js';
import { checkPlugin } from '../plugin/check-plugin.js';
import { defineExtensionPoint } from '../module/extension-point.js';

/** Attributes that a module adds: what `defineAttribute` makes. */
export const ATTRIBUTE = defineExtensionPoint<Attribute>('attribute', {
  check: (value) => checkPlugin('attribute', value),
  unknown: 'unknown-attribute',
});
