import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { Tokenizer } from '@huggingface/tokenizers';
import { metadataReader } from '../compile/metadata.js';
import { isJsonObject, readJsonFile } from '../json-file.js';
import { shown } from '../shown.js';
import type { ModelFile } from '../weights.js';
import { damagedVocabulary } from './tokenizer-files.js';

/** Splits texts for an encoder. */
export interface WordPieceTokenizer {
  /** Ids of a text with the tokens at its ends, `most` at most: the end of a longer text is cut off. */
  encode(text: string, most: number): number[];
}

/**
 * The tokenizer that belongs to a sentence encoder: tokenizer.json and tokenizer_config.json beside its weights.
 *
 * @throws HalfspaceError `unsupported-model` when it is no WordPiece; `corrupt-model`, also when one of the files
 * is missing
 */
export async function createWordPieceTokenizer(file: ModelFile): Promise<WordPieceTokenizer> {
  const { name, path } = file;
  const tokenizer = await readJsonFile(join(path, 'tokenizer.json'));
  const config = await readJsonFile(join(path, 'tokenizer_config.json'));
  const model = isJsonObject(tokenizer['model']) ? tokenizer['model'] : {};
  const { type: kind, vocab } = model;
  if (kind !== 'WordPiece') {
    throw new HalfspaceError(
      'unsupported-model',
      `${name} has a tokenizer of the kind ${shown(kind)}; sentence encoders are read with WordPiece.`,
    );
  }
  const words = metadataReader(file).size('vocab_size');
  const isId = (id: unknown) => Number.isInteger(id) && (id as number) >= 0 && (id as number) < words;
  if (!isJsonObject(vocab) || !Object.values(vocab).every(isId))
    throw damagedVocabulary(name, `its ids are not all from 0 to ${words - 1}`);
  try {
    const inner = new Tokenizer(tokenizer, config);
    // A lone surrogate is no text; encoding makes it U+FFFD.
    const ids = (text: string) => inner.encode(Buffer.from(text, 'utf8').toString('utf8')).ids;
    const ends = ids('');
    if (ends.length !== 2) throw new RangeError(`an empty text has ${ends.length} tokens and not two`);
    return {
      encode(text, most) {
        const found = ids(text);
        return found.length <= most ? found : [...found.slice(0, most - 1), ends[1]];
      },
    };
  } catch (error) {
    throw damagedVocabulary(name, (error as Error).message);
  }
}
