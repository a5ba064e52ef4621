/**
 * How strongly to steer, in words: how far tokens are moved from the model on average, as KL(q‖p) in nats a token.
 * They mean the same of every attribute and model, which weights do not.
 */
export const PRESETS = {
  /** Texts mostly stay as they are. */
  light: 0.05,
  /** Enough for most of the effect. */
  balanced: 0.15,
  /** As far as texts stay texts. */
  strict: 0.5,
} as const;

/** The name of one of {@link PRESETS}. */
export type Preset = keyof typeof PRESETS;
