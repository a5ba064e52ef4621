import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { isFile } from '../is-file.js';
import { readJsonFile, readTextFile } from '../json-file.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { describeValue } from '../describe-value.js';
import type { ModelFile } from '../weights.js';
import { tokenBytes } from './byte-alphabet.js';
import { pieceBytes } from './pieces.js';
import { listOf, marksSpacesOnly, takeSpacePrefix, type PlainSplitting } from './space-prefix.js';
import { TEKKEN_FILE, tokenizerFromTekken } from './from-tekken.js';
import { damagedVocabulary } from './damaged-vocabulary.js';
import { checkIds, type TokenizerFiles } from './tokenizer-files.js';

const TOKENIZER_FILE = 'tokenizer.json';

/** The ways to split a text that byte-level vocabularies are made with. */
const SPLITTERS: ReadonlySet<unknown> = new Set(['ByteLevel', 'Digits', 'Punctuation', 'Sequence', 'Split']);

/** Types of a pre-tokenizer and of those in it. */
function splitters(definition: unknown): unknown[] {
  if (!isJsonObject(definition)) return [];
  const inner: unknown = definition['pretokenizers'];
  return [definition['type'], ...(Array.isArray(inner) ? inner.flatMap(splitters) : [])];
}

/** How tokens spell bytes. Other kinds do it in other ways: their texts would come out wrong. */
function spellingOf(
  name: string,
  model: unknown,
  { normalizer, preTokenizer }: PlainSplitting,
): TokenizerFiles['spelling'] {
  const { type: kind, byte_fallback: fallsBack } = isJsonObject(model) ? model : {};
  const types = splitters(preTokenizer);
  if (kind === 'BPE' && types.every((type) => SPLITTERS.has(type))) {
    if (types.includes('ByteLevel')) return tokenBytes;
    if (fallsBack === true && marksSpacesOnly(normalizer)) return pieceBytes;
  }
  const splits = types.every((type) => type === 'Split');
  if (kind === 'Unigram' && splits && marksSpacesOnly(listOf(normalizer, 'normalizers').at(-1)))
    return pieceBytes;
  throw new HalfspaceError(
    'unsupported-model',
    `${name} has a tokenizer of the kind ${describeValue(kind)} that splits text by ${types.map(describeValue).join(', ') || 'nothing'}; Halfspace reads byte-level BPE, and SentencePiece, which marks spaces.`,
  );
}

/** A token that stands beside the vocabulary. */
interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

function readAdded(name: string, entry: unknown): AddedToken {
  const { id, content, special } = isJsonObject(entry) ? entry : {};
  if (typeof id === 'number' && typeof content === 'string')
    return { id, content, special: special === true };
  throw damagedVocabulary(name, `${describeValue(entry)} is no added token`);
}

/** Tokens with their ids; in a list of pieces they have the places. */
function entriesOf({ type, vocab }: JsonObject): (readonly [token: string, id: unknown])[] | undefined {
  if (type !== 'Unigram') return isJsonObject(vocab) ? Object.entries(vocab) : undefined;
  if (!Array.isArray(vocab)) return undefined;
  return (vocab as unknown[]).map((each, id) => [String(Array.isArray(each) ? each[0] : each), id]);
}

/** Text of every id. */
function listTokens(
  { name, tensors }: ModelFile,
  entries: readonly (readonly [token: string, id: unknown])[],
): (string | undefined)[] {
  // A tensor with numbers has its bytes in the file.
  const rows = [...tensors.values()].map(({ shape }) => (shape.includes(0) ? 0 : (shape[0] ?? 0)));
  checkIds(name, entries, Math.max(0, ...rows));
  const tokens: (string | undefined)[] = [];
  for (const [token, id] of entries) tokens[id] = token;
  // Without holes, which every() and flatMap() would pass over.
  return Array.from(tokens);
}

/** tokenizer_config.json, with the tokens that it names as texts: some give how they are treated, too. */
async function readConfig(directory: string): Promise<JsonObject> {
  const config = await readJsonFile(join(directory, 'tokenizer_config.json'));
  const textOf = (entry: unknown) => (isJsonObject(entry) ? entry['content'] : entry);
  return { ...config, bos_token: textOf(config['bos_token']), eos_token: textOf(config['eos_token']) };
}

async function readChatTemplate(directory: string, config: JsonObject): Promise<string | undefined> {
  const beside = join(directory, 'chat_template.jinja');
  if (await isFile(beside)) return readTextFile(beside);
  const given = config['chat_template'];
  // Several with names: one is for talking, others are for instance for tools. Of two with one name the last counts.
  const chosen: unknown = Array.isArray(given)
    ? given.filter(isJsonObject).findLast((each) => each['name'] === 'default')?.['template']
    : isJsonObject(given)
      ? given['default']
      : given;
  return typeof chosen === 'string' ? chosen : undefined;
}

/**
 * The ends that config.json and generation_config.json name, which may be several: a chat model has one for texts and one for
 * turns. Ids that the vocabulary does not have end nothing.
 */
async function readEnds(
  { name, path, metadata }: Pick<ModelFile, 'name' | 'path' | 'metadata'>,
  vocabulary: number,
): Promise<number[]> {
  const generation = join(path, 'generation_config.json');
  const named: unknown[] = [
    metadata.get('eos_token_id'),
    (await isFile(generation)) ? (await readJsonFile(generation))['eos_token_id'] : undefined,
  ];
  const ids = named.flat().filter((id) => id !== undefined && id !== null);
  const wrong = ids.find((id) => !Number.isInteger(id));
  if (wrong !== undefined)
    throw damagedVocabulary(name, `eos_token_id is ${describeValue(wrong)}, which is no token`);
  return (ids as number[]).filter((id) => id >= 0 && id < vocabulary);
}

/**
 * tokenizer.json, tokenizer_config.json, the chat template and what config.json says of ends, beside safetensors; in place of
 * the first two, tekken.json.
 */
export async function tokenizerFromDirectory(model: ModelFile): Promise<TokenizerFiles> {
  const { name, path } = model;
  if (!(await isFile(join(path, TOKENIZER_FILE)))) {
    if (await isFile(join(path, TEKKEN_FILE))) return withRest(model, await tokenizerFromTekken(model));
    if (await isFile(join(path, 'tokenizer.model'))) throw onlySentencePiece(name);
  }
  const tokenizer = await readJsonFile(join(path, TOKENIZER_FILE));
  const config = await readConfig(path);
  const splitting = takeSpacePrefix(tokenizer);
  const spelling = spellingOf(name, tokenizer['model'], splitting);
  const vocabulary = entriesOf(tokenizer['model'] as JsonObject);
  const listed = tokenizer['added_tokens'] ?? [];
  if (vocabulary === undefined || !Array.isArray(listed))
    throw damagedVocabulary(name, 'tokenizer.json has no vocabulary');
  const added = listed.map((entry) => readAdded(name, entry));
  const tokens = listTokens(model, [
    ...vocabulary,
    ...added.map(({ content, id }) => [content, id] as const),
  ]);
  return withRest(model, {
    tokenizer: {
      ...tokenizer,
      added_tokens: listed,
      normalizer: splitting.normalizer,
      pre_tokenizer: splitting.preTokenizer,
    },
    config,
    tokens,
    added: new Set(added.map(({ id }) => id)),
    special: new Set(added.filter(({ special }) => special).map(({ id }) => id)),
    spelling,
    prefix: splitting.prefix,
    normalizes: splitting.normalizes,
    // Whatever the configuration asks for: transformers leaves that to tokenizer.json where there is one.
    beginning: 'as-tokenizer',
  });
}

/** What stands beside a tokenizer: ends, and the chat template. */
async function withRest(
  model: ModelFile,
  files: Omit<TokenizerFiles, 'ends' | 'chatTemplate'>,
): Promise<TokenizerFiles> {
  const { tokens, config } = files;
  const eos = config['eos_token'];
  const end = typeof eos === 'string' ? tokens.indexOf(eos) : -1;
  return {
    ...files,
    ends: [...(end < 0 ? [] : [end]), ...(await readEnds(model, tokens.length))],
    chatTemplate: await readChatTemplate(model.path, config),
  };
}

function onlySentencePiece(name: string): HalfspaceError {
  return new HalfspaceError(
    'unsupported-model',
    `${name} has a tokenizer.model and no tokenizer.json. Make one with transformers (AutoTokenizer.from_pretrained(DIRECTORY).save_pretrained(DIRECTORY)), or take a GGUF file of the model.`,
  );
}
