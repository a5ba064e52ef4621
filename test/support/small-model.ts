import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FIXTURES = new URL('../../packages/backend-onnx/fixtures/', import.meta.url);

/** The random checkpoints with 96 tokens and 64 tokens of context that the backend is tested with. */
export type SmallModel = 'grouped-tied' | 'llama3-rope' | 'untied';

/** What transformers computes with one of them on 40 tokens. */
export interface Expected {
  readonly tokens: readonly number[];
  /** Log-probabilities of the token after them. */
  readonly logProbs: readonly number[];
  /** Log-probability of each but the first. */
  readonly tokenLogProbs: readonly number[];
  /** Hidden states after the last token: of each layer, the embedding first. */
  readonly hidden: readonly (readonly number[])[];
}

const SPECIAL = ['<s>', '</s>'];

/** The token of each id: two control tokens, line break and space, then printable ASCII but for the last few. */
const TOKENS = [
  ...SPECIAL,
  'Ċ',
  'Ġ',
  ...Array.from({ length: 92 }, (_, index) => String.fromCharCode(33 + index)),
];

const CHAT_TEMPLATE =
  "{% for message in messages %}{{ message.role + ': ' + message.content + '\n' }}{% endfor %}{{ 'assistant: ' }}";

/** Copies a checkpoint to a directory and gives it a tokenizer in which every character is a token. */
export async function makeSmallModel(name: SmallModel, path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  await cp(new URL(name, FIXTURES), path, { recursive: true });
  await writeFile(join(path, 'tokenizer.json'), JSON.stringify(TOKENIZER));
  await writeFile(join(path, 'tokenizer_config.json'), JSON.stringify(CONFIG));
  return path;
}

/** What transformers says of a checkpoint. */
export async function readExpected(name: SmallModel): Promise<Expected> {
  return JSON.parse(await readFile(new URL(`${name}/expected.json`, FIXTURES), 'utf8')) as Expected;
}

/** The text that a small model's tokenizer turns into these ids. */
export function textOfTokens(ids: readonly number[]): string {
  return ids
    .map((id) => TOKENS[id])
    .join('')
    .replaceAll('Ġ', ' ')
    .replaceAll('Ċ', '\n');
}

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };

const TOKENIZER = {
  version: '1.0',
  added_tokens: SPECIAL.map((content, id) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  })),
  normalizer: null,
  pre_tokenizer: BYTE_LEVEL,
  post_processor: null,
  decoder: BYTE_LEVEL,
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(TOKENS.map((token, id) => [token, id])),
    merges: [],
    unk_token: null,
  },
};

const CONFIG = {
  bos_token: SPECIAL[0],
  eos_token: SPECIAL[1],
  clean_up_tokenization_spaces: false,
  chat_template: CHAT_TEMPLATE,
};
