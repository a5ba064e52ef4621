import { join } from 'node:path';
import { describeValue } from '../describe-value.js';
import { readJsonFile } from '../json-file.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import type { ModelFile } from '../weights.js';
import { spellBytes, tokenBytes } from './byte-alphabet.js';
import { assertShortPieces, mergesOf } from './pieces.js';
import { spellPreTokenizer } from './pre-tokenizers.js';
import { NO_PREFIX } from './space-prefix.js';
import { damagedVocabulary } from './damaged-vocabulary.js';
import { checkIds, type TokenizerFiles } from './tokenizer-files.js';

/** Name of the file that Mistral's own programs read. */
export const TEKKEN_FILE = 'tekken.json';

/** Control tokens of the files that do not list them. */
const CONTROL = (
  '<unk> <s> </s> [INST] [/INST] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_RESULTS] [/TOOL_RESULTS] [TOOL_CALLS] ' +
  '[IMG] <pad> [IMG_BREAK] [IMG_END] [PREFIX] [MIDDLE] [SUFFIX] [SYSTEM_PROMPT] [/SYSTEM_PROMPT] [TOOL_CONTENT]'
).split(' ');

/**
 * The tokenizer of a tekken.json: control tokens first, then bytes and what is merged of them, by rank.
 *
 * @throws HalfspaceError `corrupt-model`
 */
export async function tokenizerFromTekken({
  name,
  path,
}: ModelFile): Promise<Omit<TokenizerFiles, 'ends' | 'chatTemplate'>> {
  const file = await readJsonFile(join(path, TEKKEN_FILE));
  const { pattern, controls, size } = readSettings(name, file);
  const special = specialTokens(name, file['special_tokens'], controls);
  const pieces = readPieces(name, file['vocab'], size - controls);
  assertShortPieces(name, pieces.keys());
  const tokens = [...special, ...pieces.keys()];
  if (new Set(tokens).size !== tokens.length) throw damagedVocabulary(name, 'it has a token twice');
  const rule = { patterns: [pattern], composes: false, ignoresMerges: true, wantsBos: true };
  return {
    tokenizer: {
      version: '1.0',
      added_tokens: special.map((content, id) => ({ id, content, special: true, normalized: false })),
      ...spellPreTokenizer(rule),
      post_processor: null,
      decoder: null,
      model: {
        type: 'BPE',
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: mergesOf(pieces),
        ignore_merges: true,
        unk_token: null,
      },
    },
    config: { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>' },
    tokens,
    added: new Set(special.keys()),
    special: new Set(special.keys()),
    spelling: tokenBytes,
    prefix: NO_PREFIX,
    normalizes: false,
    beginning: special.includes('<s>') ? special.indexOf('<s>') : 'none',
  };
}

function readSettings(name: string, { config }: JsonObject) {
  const {
    pattern,
    default_num_special_tokens: controls,
    default_vocab_size: size,
  } = isJsonObject(config) ? config : {};
  if (typeof pattern !== 'string') throw damagedVocabulary(name, 'tekken.json has no pattern');
  const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;
  if (!isCount(controls) || !isCount(size) || controls > size)
    throw damagedVocabulary(
      name,
      `tekken.json has ${describeValue(controls)} control tokens of ${describeValue(size)} tokens`,
    );
  return { pattern, controls, size };
}

/** The control tokens by their ids; those without a name are called by their number. */
function specialTokens(name: string, listed: unknown, count: number): string[] {
  const given: (readonly [token: string, id: unknown])[] = Array.isArray(listed)
    ? listed.filter(isJsonObject).map((each) => [String(each['token_str']), each['rank']])
    : CONTROL.map((token, id) => [token, id]);
  const entries = [...given, [`<SPECIAL_${count}>`, count] as const];
  checkIds(name, entries, 0);
  const tokens = Array.from({ length: count }, (_, id) => `<SPECIAL_${id}>`);
  for (const [token, id] of entries) if (id < count) tokens[id] = token;
  return tokens;
}

/** Bytes of every other token, as byte-level vocabularies spell them, with scores in the order of ranks. */
function readPieces(name: string, vocab: unknown, count: number): Map<string, number> {
  const listed: unknown[] = Array.isArray(vocab) ? vocab : [];
  if (listed.length < count)
    throw damagedVocabulary(name, `tekken.json lists ${listed.length} tokens of ${count}`);
  const pieces = new Map<string, number>();
  for (let rank = 0; rank < count; rank++) {
    const each = listed[rank];
    const { rank: given, token_bytes: bytes } = isJsonObject(each) ? each : {};
    if (given !== rank || typeof bytes !== 'string')
      throw damagedVocabulary(name, `${describeValue(each)} is no token of rank ${rank}`);
    pieces.set(spellBytes(Buffer.from(bytes, 'base64')), -rank);
  }
  if (pieces.size !== count) throw damagedVocabulary(name, 'it has a token twice');
  return pieces;
}
