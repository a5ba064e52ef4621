import {
  describeValue,
  guardPlugin,
  type Filter,
  type TokenMasks,
  type Tokenizer,
} from '@halfspace/contracts';
import { fieldsOf } from '@halfspace/contracts/internal';
import { intersectMasks, type TokenSet } from '../step/reference/token-set.js';
import { pluginFailure } from './plugin-failure.js';

/** The masks of one filter. */
interface NamedMasks {
  readonly name: string;
  readonly masks: TokenMasks;
}

/** A text that masks are asked about. */
interface MaskableText {
  readonly prompt: { readonly begun?: string };
  readonly tokens: readonly number[];
}

/** Masks of all filters of a call that have any. */
export interface OpenMasks {
  /** Names of their filters, for messages. */
  readonly names: readonly string[];
  /**
   * The tokens that all of them let through; undefined where there are no masks.
   *
   * @throws HalfspaceError `filter-failed`, whatever a filter did
   */
  allowedAfter(text: MaskableText): TokenSet | undefined;
  /** Whether a text is whole by all of them; undefined where there are no masks. What throws says no. */
  isComplete(text: string): boolean | undefined;
  release(): void;
}

const METHODS = ['after', 'isComplete', 'release'];

/**
 * Gets the masks of filters ready, one after the other, so that none is held while another call waits for it.
 *
 * @throws HalfspaceError `plugin-failed`, `aborted`, and by its code what a filter throws
 */
export async function openMasks(
  filters: readonly Filter[],
  tokenizer: Tokenizer,
  signal?: AbortSignal,
): Promise<OpenMasks> {
  const open: NamedMasks[] = [];
  const release = () => {
    for (const { masks } of open) {
      try {
        masks.release();
      } catch {
        // What it holds is its own affair, and the texts are written.
      }
    }
  };
  try {
    for (const filter of filters) {
      if (filter.openMasks === undefined) continue;
      const { name } = filter;
      const masks = await guardPlugin(
        `filter "${name}"`,
        async () => checked(await filter.openMasks(tokenizer, signal)),
        signal,
      );
      open.push({ name, masks });
    }
  } catch (error) {
    release();
    throw error;
  }
  return masksOf(open, tokenizer.vocabularySize, release);
}

function masksOf(open: readonly NamedMasks[], vocabularySize: number, release: () => void): OpenMasks {
  const words = Math.ceil(vocabularySize / 32);
  return {
    names: open.map(({ name }) => name),
    allowedAfter({ prompt: { begun = '' }, tokens }) {
      if (open.length === 0) return undefined;
      const asked = Object.freeze({ begun, tokens: Object.freeze([...tokens]) });
      return intersectMasks(
        open.map(({ name, masks }) => {
          try {
            return readMask(masks.after(asked), words);
          } catch (cause) {
            throw pluginFailure('filter', name, tokens.length, cause);
          }
        }),
        vocabularySize,
      );
    },
    isComplete(text) {
      if (open.length === 0) return undefined;
      try {
        return open.every(({ masks }) => masks.isComplete(text) === true);
      } catch {
        return false;
      }
    },
    release,
  };
}

/** A mask, copied: a filter may use its list again. */
function readMask(answer: unknown, words: number): Uint32Array {
  if (!(answer instanceof Uint32Array)) {
    throw new TypeError(`it gave ${describeValue(answer)} and not a mask, which is a Uint32Array`);
  }
  if (answer.length >= words) return answer.slice();
  throw new RangeError(`its mask has ${answer.length} words, and the vocabulary has ${words}`);
}

function checked(masks: TokenMasks): TokenMasks {
  const lacking = METHODS.find((method) => typeof fieldsOf(masks)[method] !== 'function');
  if (lacking === undefined) return masks;
  throw new TypeError(`it gave masks without a function ${lacking}`);
}
