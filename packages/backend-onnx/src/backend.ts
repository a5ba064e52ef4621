import { SPECIFICATION_VERSIONS, HalfspaceError, throwIfAborted } from '@halfspace/core';
import type {
  Backend,
  Context,
  LookAhead,
  LookAheadRequest,
  ModelInfo,
  NextTokens,
  Prefill,
  PrefillRequest,
  StatesOptions,
  TextStates,
  Tokenizer,
} from '@halfspace/core';
import {
  blockTokens,
  type Architecture,
  type GraphPrecision,
  type KvCache,
  type Precision,
} from '@halfspace/model';
import type { Graphs, HeadGraph } from './graphs.js';
import { createPrompts, type PromptRows, type PromptRun } from './prompts.js';
import { createTokenTree, type TokenTree, type TreeContext } from './token-tree.js';
import { createTrunk, statesOf, type Rows, type Trunk } from './trunk.js';
import type { Branch } from './trunk-call.js';

/** Rows of whole texts that are run in one call. */
export const TEXT_ROWS = 256;

/**
 * Rows of prompts that are run in one call. A call holds the thread until it is done, and nobody can end it: this is how long an
 * abort waits. The numbers of a row do not depend on it, and fewer rows than these take longer.
 */
const PROMPT_ROWS = 64;

/** Rows of logits that are held at once: each is as wide as the vocabulary. */
const HEAD_ROWS = 32;

/** What the node of a token takes besides its keys and values, roughly. */
const NODE_BYTES = 256;

/** What a backend is made of, whatever it runs on. `G`: its graphs. */
export interface BackendParts<G extends HeadGraph = Graphs> {
  readonly model: ModelInfo;
  readonly architecture: Architecture;
  readonly tokenizer: Tokenizer;
  /** Blocks in the lower part of the trunk. */
  readonly cut: number;
  /** Bytes of keys and values of texts that nobody holds which are kept for prompts that begin like them (default 0). */
  readonly cacheBytes?: number;
  /** Arithmetic for a completion that evaluates this many rows a step. */
  choosePrecision(rowsPerStep: number): GraphPrecision;
  /** Graphs of a precision, loaded when first asked for. */
  graphs(precision: GraphPrecision): Promise<G>;
  disposeGraphs(): Promise<void>;
}

/** Parts of a backend that runs on the processor. */
export interface HostParts extends BackendParts {
  /** How keys and values are kept (default `f32`). */
  readonly kvCache?: KvCache;
  /** As {@link Backend.exact} (default true). */
  readonly exact?: boolean;
  choosePrecision(rowsPerStep: number): Precision;
  graphs(precision: Precision): Promise<Graphs>;
}

/** What a device has its own way of. */
export interface DeviceParts<G> {
  /** As {@link Backend.exact}. */
  readonly exact: boolean;
  /** Bytes of a number of a key or value. */
  readonly keyValueBytes: number;
  /** The trunk, over the tree of a backend. */
  createTrunk(tree: TokenTree): Trunk<G>;
}

/** What the cache of texts holds, and what it has been good for. */
export interface CacheStats {
  /** Tokens of texts that nobody holds and that prompts can begin with. */
  readonly tokens: number;
  /** Bytes that they take. */
  readonly bytes: number;
  /** The most that they may take. */
  readonly mostBytes: number;
  /** Tokens of prompts that were known, since the backend was made. */
  readonly hits: number;
  /** Tokens of prompts that were run, since then. */
  readonly misses: number;
}

/** A request whose context is one of ours. */
type LookAheadItem = LookAheadRequest & { readonly context: TreeContext };

/** Texts in order, divided into calls of at most `most` tokens; a text that has more is a call by itself. */
function callsOf(texts: readonly (readonly number[])[], most: number): (readonly number[])[][] {
  const calls: (readonly number[])[][] = [];
  let room = 0;
  for (const text of texts) {
    if (text.length > room) {
      calls.push([]);
      room = most;
    }
    calls[calls.length - 1]?.push(text);
    room -= text.length;
  }
  return calls;
}

/** The backend contract on the processor: a token tree, two key/value stores and three graphs. */
export function createBackend(parts: HostParts): Backend & { cacheStats(): CacheStats } {
  const { architecture, cut, kvCache = 'f32' } = parts;
  return createBackendOn(parts, {
    exact: parts.exact ?? true,
    keyValueBytes: kvCache === 'f32' ? Float32Array.BYTES_PER_ELEMENT : Uint16Array.BYTES_PER_ELEMENT,
    createTrunk: (tree) => createTrunk(architecture, cut, kvCache, tree),
  });
}

/** The backend contract over a token tree and the trunk of a device. */
export function createBackendOn<G extends HeadGraph>(
  parts: BackendParts<G>,
  device: DeviceParts<G>,
): Backend & { cacheStats(): CacheStats } {
  const { model, architecture, tokenizer, cut } = parts;
  const { layers: blocks, width } = architecture;
  const numbers = blocks * 2 * architecture.keyValueHeads * architecture.headWidth;
  const bytesOfToken = numbers * device.keyValueBytes + NODE_BYTES;
  const mostCached = Math.floor((parts.cacheBytes ?? 0) / bytesOfToken);
  const tree = createTokenTree(mostCached, blockTokens(architecture.headWidth));
  const trunk = device.createTrunk(tree);
  const prompts = createPrompts(trunk, tree, async (precision) => parts.graphs(precision));
  const counts = { hits: 0, misses: 0 };
  let disposed = false;
  // Calls follow one another: a call reads slots that another would write.
  let queue: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = queue.then(() => {
      assertAlive();
      return work();
    });
    queue = turn.catch(() => undefined);
    return turn;
  }

  function assertAlive(): void {
    if (disposed) throw new HalfspaceError('disposed', 'This backend was disposed of. Create a new one.');
  }

  function assertTokens(tokens: readonly number[]): void {
    const wrong = tokens.find(
      (token) => !Number.isInteger(token) || token < 0 || token >= architecture.vocabulary,
    );
    if (wrong !== undefined) {
      throw new HalfspaceError(
        'unknown-token',
        `${wrong} is no token of ${model.name}: ids run from 0 to ${architecture.vocabulary - 1}.`,
      );
    }
  }

  function assertLayers(wanted: readonly number[]): void {
    const wrong = wanted.find((layer) => !Number.isInteger(layer) || layer < 0 || layer > blocks);
    if (wrong !== undefined) {
      throw new HalfspaceError(
        'unknown-layer',
        `${model.name} has no layer ${wrong}: layers run from 0 to ${blocks}.`,
      );
    }
  }

  function assertRoom(length: number): void {
    if (length > model.contextLength) {
      throw new HalfspaceError(
        'context-overflow',
        `${length} tokens are more than the ${model.contextLength} that ${model.name} can take. Shorten the prompt.`,
      );
    }
  }

  /** Refuses a text that cannot be run; `what`: the noun for it. */
  function assertText(what: string, tokens: readonly number[], before = 0): void {
    if (tokens.length === 0)
      throw new HalfspaceError('empty-prompt', `${what} has no tokens. Give it some text.`);
    assertTokens(tokens);
    assertRoom(before + tokens.length);
  }

  function resolveText(context: Context): TreeContext {
    const found = tree.resolve(context);
    if (found.tip.final !== undefined || found.tip.residual !== undefined) return found;
    throw new HalfspaceError(
      'empty-prompt',
      'This prompt has not been run yet. Prefill the rest of its tokens.',
    );
  }

  const isDeep = (layers: readonly number[]) => layers.some((layer) => layer > cut);

  function beginPrompt({ tokens, after, rowsPerStep, layers = [], from = 0 }: PrefillRequest): PromptRun {
    const before = after && tree.resolve(after);
    assertText('The prompt', tokens, before?.length);
    assertLayers(layers);
    // The last token is run whatever is known: it says what comes next.
    const last = (before?.length ?? 0) + tokens.length - 1;
    const mayKnow = layers.length > 0 ? Math.min(from, last) : last;
    const precision = parts.choosePrecision(rowsPerStep);
    return prompts.begin(tokens, precision, before, mostCached > 0 ? mayKnow : undefined);
  }

  /** Runs prompts as far as `maxRows` goes, and opens a context on each. */
  async function prefill(requests: readonly PrefillRequest[], maxRows: number): Promise<Prefill[]> {
    const layers = [...new Set(requests.flatMap((request) => request.layers ?? []))];
    const runs: PromptRun[] = [];
    const found = new Map<PromptRun, PromptRows[]>();
    try {
      for (const request of requests) runs.push(beginPrompt(request));
      for (let left = maxRows; left > 0;) {
        const ran = await prompts.advance(runs, Math.min(left, PROMPT_ROWS), layers);
        if (ran.length === 0) break;
        for (const rows of ran) {
          found.set(rows.run, [...(found.get(rows.run) ?? []), rows]);
          left -= rows.count;
          counts.misses += rows.count;
        }
      }
      return runs.map((run, index) => {
        const { layers: own = [], from = 0 } = requests[index] ?? {};
        const { last, length, precision, tip } = run;
        counts.hits += run.known;
        const states = new Map(own.map((layer) => [layer, statesFrom(from, found.get(run) ?? [], layer)]));
        return {
          context: tree.open(last, { length, precision, tip }),
          cachedTokens: run.known,
          hidden: (layer) => states.get(layer) ?? notAsked(layer),
        };
      });
    } finally {
      for (const run of runs) prompts.end(run);
    }
  }

  /** Hidden states of rows of a prompt at the positions from `from` on. */
  function statesFrom(from: number, found: readonly PromptRows[], layer: number): Float32Array {
    const parts = found.map(({ rows, first, position, count }) => {
      const start = first + Math.min(count, Math.max(0, from - position));
      return statesOf(rows, layer).subarray(start * width, (first + count) * width);
    });
    const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  function notAsked(layer: number): never {
    throw new HalfspaceError('unknown-layer', `Layer ${layer} was not asked for.`);
  }

  /** Runs a text that nobody goes on from, slice by slice, and keeps nothing. */
  async function runThrough(
    tokens: readonly number[],
    precision: GraphPrecision,
    layers: readonly number[],
    signal: AbortSignal | undefined,
    onRows: (rows: PromptRows) => Promise<void> | void,
  ): Promise<void> {
    const run = prompts.begin(tokens, precision);
    try {
      while (run.rest.length > 0) {
        throwIfAborted(signal);
        const ran = await prompts.advance([run], PROMPT_ROWS, layers, () => throwIfAborted(signal));
        for (const rows of ran) await onRows(rows);
      }
      throwIfAborted(signal);
    } finally {
      prompts.end(run);
    }
  }

  /** Runs the texts of one call, and keeps nothing of them. */
  async function runTexts(
    texts: readonly (readonly number[])[],
    precision: GraphPrecision,
    { layers, signal }: StatesOptions,
  ): Promise<TextStates[]> {
    const [text = []] = texts;
    if (text.length > TEXT_ROWS) {
      const found: PromptRows[] = [];
      await runThrough(text, precision, layers, signal, (rows) => void found.push(rows));
      const states = new Map(layers.map((layer) => [layer, statesFrom(0, found, layer)]));
      return [{ hidden: (layer) => states.get(layer) ?? notAsked(layer) }];
    }
    throwIfAborted(signal);
    const branches = texts.map((tokens): Branch => ({
      parent: undefined,
      length: 0,
      tokens,
      shape: 'chain',
    }));
    const whole = isDeep(layers) ? branches.length : 0;
    const graphs = await parts.graphs(precision);
    const ran = await trunk.run(graphs, branches, layers, whole, () => throwIfAborted(signal));
    ran.whole.release();
    throwIfAborted(signal);
    let end = 0;
    return texts.map(({ length }) => {
      const start = end;
      end += length;
      return {
        hidden: (layer) => statesOf(ran.whole, layer).subarray(start * width, (start + length) * width),
      };
    });
  }

  async function nextOf(
    contexts: readonly TreeContext[],
    topK: readonly number[],
    asked: readonly (readonly number[])[],
  ): Promise<NextTokens[]> {
    const graphs = await parts.graphs(contexts[0]?.precision ?? parts.choosePrecision(1));
    await trunk.complete(contexts, graphs);
    const hidden = new Float32Array(contexts.length * width);
    contexts.forEach(({ tip: { final } }, index) => final && hidden.set(final, index * width));
    const count = Math.min(architecture.vocabulary, Math.max(1, ...topK));
    const perRow = Math.max(1, ...asked.map((each) => each.length));
    const padded = asked.flatMap((each) => Array.from({ length: perRow }, (_, index) => each[index] ?? 0));
    const result = await graphs.head(hidden, count, padded, perRow);
    return contexts.map((_, row) => {
      const logSumExp = result.logSumExp[row] ?? 0;
      const logProbs = (logits: Float32Array, from: number, size: number) =>
        Float64Array.from(logits.subarray(from, from + size), (logit) => logit - logSumExp);
      const size = Math.min(count, topK[row] ?? 0);
      return {
        tokens: Int32Array.from({ length: size }, (__, index) =>
          Number(result.topTokens[row * count + index]),
        ),
        logProbs: logProbs(result.topLogits, row * count, size),
        asked: logProbs(result.askedLogits, row * perRow, asked[row]?.length ?? 0),
        logSumExp,
      };
    });
  }

  /** Runs candidates of contexts of one arithmetic: those of deep requests to the end, in front of the others. */
  async function lookAheadOf(
    items: readonly LookAheadItem[],
    precision: GraphPrecision,
  ): Promise<readonly LookAhead[]> {
    const deep = items.filter(({ layers }) => isDeep(layers));
    const ordered = [...deep, ...items.filter(({ layers }) => !isDeep(layers))];
    const fans = ordered.map(({ context: { last, length }, tokens }): Branch => ({
      parent: last,
      length,
      tokens,
      shape: 'fan',
    }));
    const graphs = await parts.graphs(precision);
    await trunk.complete(
      items.map(({ context }) => context),
      graphs,
    );
    const layers = [...new Set(items.flatMap((item) => item.layers))];
    const ran = await trunk.run(graphs, fans, layers, deep.length);
    const contexts = items.map(({ context }) => context);
    tree.whenClosed(contexts, () => ran.whole.release());
    const looks = new Map<LookAheadItem, LookAhead>();
    let first = 0;
    for (const item of ordered) {
      looks.set(item, lookOf(item, isDeep(item.layers) ? ran.whole : ran.cut, first));
      first += item.tokens.length;
    }
    return items.map((item) => looks.get(item) as LookAhead);
  }

  /** What was found for the candidates of a request, whose rows begin at `start`. */
  function lookOf({ context, tokens, layers }: LookAheadItem, rows: Rows, start: number): LookAhead {
    return {
      hidden(layer) {
        if (!layers.includes(layer)) return notAsked(layer);
        return statesOf(rows, layer).subarray(start * width, (start + tokens.length) * width);
      },
      commit(candidate) {
        assertAlive();
        const index = tokens.indexOf(candidate);
        if (index < 0)
          throw new HalfspaceError('unknown-token', `${candidate} was not among the candidates.`);
        tree.resolve(context);
        const row = start + index;
        const { length, precision } = context;
        // It has the numbers that it has in a prompt.
        const node = rows.keep(context.last, row, { token: candidate, precision, asPrompt: true });
        return tree.open(node, { length: length + 1, precision, tip: rows.tipOf(row) });
      },
    };
  }

  /** Groups items by the precision of their contexts, and puts the answers back in order. */
  async function byPrecision<T extends { readonly context: TreeContext }, R>(
    items: readonly T[],
    work: (items: readonly T[], precision: GraphPrecision) => Promise<readonly R[]>,
  ): Promise<R[]> {
    const results = new Map<T, R>();
    for (const precision of new Set(items.map(({ context }) => context.precision))) {
      const group = items.filter(({ context }) => context.precision === precision);
      const answers = await work(group, precision);
      group.forEach((item, index) => results.set(item, answers[index] as R));
    }
    return items.map((item) => results.get(item) as R);
  }

  return {
    cacheStats: () => ({
      tokens: tree.cache.tokens,
      bytes: tree.cache.tokens * bytesOfToken,
      mostBytes: parts.cacheBytes ?? 0,
      ...counts,
    }),
    specificationVersion: SPECIFICATION_VERSIONS.backend,
    model,
    tokenizer,
    exact: device.exact,
    prefill: (requests, { maxRows = Infinity } = {}) => inTurn(async () => prefill(requests, maxRows)),
    next: (requests) =>
      inTurn(async () => {
        const items = requests.map((request) => ({ ...request, context: resolveText(request.context) }));
        for (const item of items) assertTokens(item.tokens ?? []);
        return byPrecision(items, async (group) =>
          nextOf(
            group.map((item) => item.context),
            group.map((item) => item.topK),
            group.map((item) => item.tokens ?? []),
          ),
        );
      }),
    lookAhead: (requests) =>
      inTurn(async () => {
        const items = requests.map((request) => ({ ...request, context: resolveText(request.context) }));
        for (const { context, tokens, layers } of items) {
          assertLayers(layers);
          assertTokens(tokens);
          assertRoom(context.length + 1);
        }
        return byPrecision(items, lookAheadOf);
      }),
    logProbs: (tokens, options) =>
      inTurn(async () => {
        assertText('The text', tokens);
        const precision = parts.choosePrecision(1);
        const graphs = await parts.graphs(precision);
        const found = new Float64Array(tokens.length - 1);
        await runThrough(tokens, precision, [], options?.signal, async ({ rows, first, position, count }) => {
          const end = rows.upper?.end.subarray(first * width) ?? new Float32Array();
          const most = Math.min(count, tokens.length - 1 - position);
          for (let row = 0; row < most; row += HEAD_ROWS) {
            const size = Math.min(HEAD_ROWS, most - row);
            const start = position + row;
            const asked = tokens.slice(start + 1, start + 1 + size);
            const result = await graphs.head(end.subarray(row * width, (row + size) * width), 1, asked, 1);
            for (let index = 0; index < size; index++) {
              found[start + index] = (result.askedLogits[index] ?? NaN) - (result.logSumExp[index] ?? NaN);
            }
          }
        });
        return found;
      }),
    states: (texts, options) =>
      inTurn(async () => {
        assertLayers(options.layers);
        for (const tokens of texts) assertText('A text', tokens);
        const precision = parts.choosePrecision(TEXT_ROWS);
        const found: TextStates[] = [];
        for (const call of callsOf(texts, TEXT_ROWS))
          found.push(...(await runTexts(call, precision, options)));
        return found;
      }),
    fork(context: Context) {
      assertAlive();
      const { last, length, precision, tip } = tree.resolve(context);
      return tree.open(last, { length, precision, tip });
    },
    release(context: Context) {
      if (!disposed) tree.close(context);
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      await queue.catch(() => undefined);
      await parts.disposeGraphs();
    },
  };
}
