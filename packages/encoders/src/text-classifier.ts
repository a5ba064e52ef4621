import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HalfspaceError, throwIfAborted } from '@halfspace/contracts';
import { createTextTokenizer, fingerprintFile, readJsonFile } from '@halfspace/model';
import {
  assertMemoryFor,
  floats,
  type InferenceSession,
  openSession,
  runSession,
  Tensor,
  usefulThreads,
} from '@halfspace/onnx-runtime';
import { runEvenly } from './even-batches.js';

/** Settings of {@link createTextClassifier}. */
export interface TextClassifierOptions {
  /** The ONNX graph. Beside it lie tokenizer.json and, if there are any, tokenizer_config.json and config.json. */
  readonly path: string;
  /** Threads of a call, a whole number from 1 (default, and the most that are used: the cores of the machine). */
  readonly threads?: number;
  /** Ends the loading with the error `aborted`. */
  readonly signal?: AbortSignal;
}

/** Says how probable it is that a text belongs to each of some classes. The caller disposes of it. */
export interface TextClassifier {
  /** sha-256 (hex) of the graph's file. */
  readonly fingerprint: string;
  /** Names of the classes, where config.json gives them. */
  readonly labels: readonly string[] | undefined;
  /**
   * A probability for each class, for each text in their order. They sum to 1, unless there is one class or
   * config.json says that a text may belong to several. A text has the same numbers, bit for bit, in any company.
   *
   * @throws HalfspaceError `aborted`, `disposed`, `backend-failed`
   */
  classify(
    texts: readonly string[],
    options?: {
      /** Ends the call with the error `aborted`. */
      readonly signal?: AbortSignal;
    },
  ): Promise<Float32Array[]>;
  /** Gives the memory back. Idempotent. */
  dispose(): Promise<void>;
}

/** What config.json and tokenizer_config.json say of a classifier; every entry may be missing. */
interface Config {
  readonly id2label?: Readonly<Record<string, string>>;
  readonly problem_type?: string | null;
  readonly vocab_size?: number;
  readonly model_max_length?: number;
}

/** What most classifiers take; exports without a limit write a number beyond all texts. */
const USUAL_LENGTH = 512;
const LONGEST_LENGTH = 100_000;

/**
 * Loads any model that classifies texts, as exported to ONNX from Hugging Face transformers: inputs `input_ids` and,
 * if it has them, `attention_mask` and `token_type_ids`; its first output is [texts, classes]. Longer texts than
 * tokenizer_config.json allows are cut off at their end.
 *
 * @throws HalfspaceError `bad-option`, `corrupt-model`, `out-of-memory`, `backend-failed`, `aborted`; `unsupported-model` where the
 * graph has other inputs
 */
export async function createTextClassifier(options: TextClassifierOptions): Promise<TextClassifier> {
  const { path, signal } = options;
  const threads = usefulThreads(options.threads);
  const directory = dirname(path);
  const config = {
    ...(await readConfig(directory, 'tokenizer_config.json')),
    ...(await readConfig(directory, 'config.json')),
  };
  const { model_max_length: given = USUAL_LENGTH, vocab_size: vocabulary = Infinity, id2label } = config;
  const contextLength = given > LONGEST_LENGTH ? USUAL_LENGTH : given;
  const tokenizer = await createTextTokenizer(directory, vocabulary);
  throwIfAborted(signal);
  await assertMemoryFor('The classifier', [path]);
  const session = await openSession(path, threads);
  let disposed = false;
  try {
    checkInputs(path, session);
    const [output] = session.outputNames;
    return {
      fingerprint: await fingerprintFile(path),
      labels: id2label && Object.keys(id2label).map((_, id) => id2label[id]),
      async classify(texts, { signal: stop } = {}) {
        const tokens = texts.map((text) => tokenizer.encode(text, contextLength));
        const logits = await runEvenly(tokens, stop, async (rows, shape) => {
          if (disposed)
            throw new HalfspaceError('disposed', 'The classifier was disposed of. Make another one.');
          return floats((await runSession(session, feedsFor(session, rows, shape)))[output]);
        });
        const several = config.problem_type === 'multi_label_classification';
        return logits.map((each) => (several || each.length === 1 ? each.map(sigmoid) : softmax(each)));
      },
      async dispose() {
        if (disposed) return;
        disposed = true;
        await session.release();
      },
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** What to give for each token, in the inputs that such graphs have. */
const INPUTS: ReadonlyMap<string, (token: number) => bigint> = new Map([
  ['input_ids', (token: number) => BigInt(token)],
  ['attention_mask', () => 1n],
  ['token_type_ids', () => 0n],
]);

function feedsFor(session: InferenceSession, rows: readonly number[], shape: readonly number[]) {
  const feeds = session.inputNames.map((name) => {
    const values = rows.map((token) => INPUTS.get(name)?.(token) ?? 0n);
    return [name, new Tensor('int64', BigInt64Array.from(values), shape)] as const;
  });
  return Object.fromEntries(feeds);
}

function checkInputs(path: string, { inputNames }: InferenceSession): void {
  if (inputNames.includes('input_ids') && inputNames.every((name) => INPUTS.has(name))) return;
  throw new HalfspaceError(
    'unsupported-model',
    `${path} has the inputs ${inputNames.join(', ')}; a classifier of texts has ${[...INPUTS.keys()].join(', ')}, or the first of them.`,
  );
}

async function readConfig(directory: string, name: string): Promise<Config> {
  const path = join(directory, name);
  const there = await access(path).then(
    () => true,
    () => false,
  );
  return there ? readJsonFile(path) : {};
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

function softmax(logits: Float32Array): Float32Array {
  const highest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - highest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
