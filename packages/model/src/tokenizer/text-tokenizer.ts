import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { Tokenizer } from '@huggingface/tokenizers';
import { isFile } from '../is-file.js';
import { readJsonFile } from '../json-file.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { boundPatterns } from './foreign-patterns.js';
import { damagedVocabulary } from './damaged-vocabulary.js';
import { checkIds } from './tokenizer-files.js';

/** Splits whole texts for a model that reads and does not write: an encoder or a classifier. */
export interface TextTokenizer {
  /**
   * Ids of a text with the tokens that belong at its ends, `most` at most: the end of a longer text is cut off.
   *
   * @throws HalfspaceError `corrupt-model` where the vocabulary gives an id that the model has no vector for; `pattern-too-slow`
   * where a regular expression of its own does not end
   */
  encode(text: string, most: number): number[];
}

/**
 * The tokenizer in a directory: tokenizer.json and, if it is there, tokenizer_config.json.
 *
 * @param vocabulary - The number of ids that the model knows.
 * @throws HalfspaceError `corrupt-model`, also when tokenizer.json is missing
 */
export async function createTextTokenizer(directory: string, vocabulary: number): Promise<TextTokenizer> {
  const tokenizer = await readJsonFile(join(directory, 'tokenizer.json'));
  const configPath = join(directory, 'tokenizer_config.json');
  const config = (await isFile(configPath)) ? await readJsonFile(configPath) : {};
  checkIds(directory, idsIn(tokenizer), Number.isFinite(vocabulary) ? vocabulary : 0);
  const inner = whole(directory, () => new Tokenizer(tokenizer, config));
  // A lone surrogate is no text; encoding makes it U+FFFD.
  const encode = (text: string): number[] => inner.encode(Buffer.from(text, 'utf8').toString('utf8')).ids;
  const bounded = boundPatterns(directory, tokenizer, encode);
  const ids = (text: string): number[] => whole(directory, () => bounded(text));
  const ends = ids('');
  const some = ids('a');
  const begin = ends.findIndex((id, place) => id !== some[place]);
  const tail = begin < 0 ? [] : ends.slice(begin);
  return {
    encode(text, most) {
      const found = ids(text);
      if (!found.every((id) => Number.isInteger(id) && id >= 0 && id < vocabulary))
        throw damagedVocabulary(directory, `it gives other ids than those from 0 to ${vocabulary - 1}`);
      return found.length <= most ? found : [...found.slice(0, most - tail.length), ...tail];
    },
  };
}

/** Tokens that a tokenizer.json gives ids itself; in a list of pieces they have the places. */
function idsIn({ model, added_tokens: added }: JsonObject): [token: string, id: unknown][] {
  const vocab = isJsonObject(model) && isJsonObject(model['vocab']) ? model['vocab'] : {};
  const more = Array.isArray(added) ? added.filter(isJsonObject) : [];
  return [
    ...Object.entries(vocab),
    ...more.map((each): [string, unknown] => [String(each['content']), each['id']]),
  ];
}

/** What the library stumbles over is a fault of the file. */
function whole<T>(directory: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof HalfspaceError) throw error;
    throw damagedVocabulary(directory, (error as Error).message);
  }
}
