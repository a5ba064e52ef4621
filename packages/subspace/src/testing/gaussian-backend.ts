import { type Backend, SPECIFICATION_VERSIONS, HalfspaceError, type Tokenizer } from '@halfspace/core';
import { createGaussian } from './random.js';

/**
 * A language of single letters: capitals belong to text that has the value, small letters to text that
 * lacks it, anything else to neither.
 */
const tokenizer: Tokenizer = {
  vocabularySize: 128,
  endTokens: new Set(),
  encode: (text) => Array.from(text, (letter) => letter.charCodeAt(0)),
  decode: (tokens) => String.fromCharCode(...tokens),
  bytes: (token) => Uint8Array.of(token),
  renderChat: (messages) => messages.map(({ content }) => content).join(' '),
};

/** Deviations of the hidden states along the axes, the same in both classes. */
export const DEVIATIONS = [0.5, 1, 2, 4, 1, 3, 0.7, 1.5];
/** Half the difference of the class means. */
export const HALF_GAP = [0.1, -0.2, 0.5, 0.3, 0.3, -0.4, 0.2, 0.3];
/** Σ⁻¹(μ₊ − μ₋), the Bayes-optimal direction, not normalised. */
export const OPTIMAL = DEVIATIONS.map((deviation, i) => (2 * HALF_GAP[i]) / deviation ** 2);
/** Mahalanobis distance d' of the class means. */
export const SEPARATION = Math.hypot(...DEVIATIONS.map((deviation, i) => (2 * HALF_GAP[i]) / deviation));

/** A backend whose hidden states are Gaussians with planted class means. */
export interface GaussianBackend extends Backend {
  /** Texts that were run, in order. */
  readonly ran: string[];
}

/** Settings of the toy. */
export interface GaussianBackendOptions {
  /** How far apart the class means are, in units of the planted gap (default 1; 0: not at all). */
  readonly gap?: number;
  readonly contextLength?: number;
  /** Hidden states of texts with this letter are NaN. */
  readonly broken?: string;
}

/** The toy. Hidden states are a function of the text up to their token. */
export function createGaussianBackend(options: GaussianBackendOptions = {}): GaussianBackend {
  const { gap = 1, contextLength = 64, broken } = options;
  const width = DEVIATIONS.length;
  const ran: string[] = [];
  const unused = async (): Promise<never> => Promise.reject(new Error('not needed to fit'));

  function states(tokens: readonly number[], layer: number): Float32Array {
    return Float32Array.from(
      tokens.flatMap((token, i) => {
        const gaussian = createGaussian(hash(tokens.slice(0, i + 1)) + layer);
        const letter = String.fromCharCode(token);
        if (letter === broken) return DEVIATIONS.map(() => NaN);
        // Only layer 2 knows the value.
        const side = layer === 2 ? gap * sideOf(letter) : 0;
        return DEVIATIONS.map((deviation, axis) => 10 + side * HALF_GAP[axis] + deviation * gaussian());
      }),
    );
  }

  return {
    specificationVersion: SPECIFICATION_VERSIONS.backend,
    model: { name: 'gaussian', fingerprint: 'f00d', layers: 3, width, contextLength },
    tokenizer,
    exact: true,
    ran,
    async states(texts, { layers, signal }) {
      // As a real backend: the run takes a turn of the event loop, and may be aborted in it.
      await new Promise(setImmediate);
      if (signal?.aborted) throw new HalfspaceError('aborted', 'aborted');
      return texts.map((tokens) => {
        ran.push(tokenizer.decode(tokens));
        return {
          hidden(layer) {
            if (!layers.includes(layer)) throw new Error(`layer ${layer} was not asked for`);
            return states(tokens, layer);
          },
        };
      });
    },
    prefill: unused,
    next: unused,
    lookAhead: unused,
    // Whatever came before: a sixty-fourth of a nat for each place in the alphabet.
    logProbs: async (tokens) => Float64Array.from(tokens.slice(1), (token) => -token / 64),
    fork: (context) => context,
    release: () => undefined,
    dispose: async () => undefined,
  };
}

function sideOf(letter: string): number {
  if (/[A-Z]/.test(letter)) return 1;
  return /[a-z]/.test(letter) ? -1 : 0;
}

function hash(tokens: readonly number[]): number {
  return tokens.reduce((state, token) => Math.imul(state ^ token, 0x01000193), 0x811c9dc5);
}
