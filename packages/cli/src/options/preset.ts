import type { Preset } from '@halfspace/core';

/** Their names, without loading core. */
export const PRESET_NAMES = Object.keys({
  light: 0,
  balanced: 0,
  strict: 0,
} satisfies Record<Preset, 0>) as Preset[];
