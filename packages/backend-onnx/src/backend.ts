import { CONTRACT_VERSION, HalfspaceError, throwIfAborted } from '@halfspace/core';
import type {
  Backend,
  Context,
  LookAhead,
  ModelInfo,
  NextTokens,
  StatesOptions,
  TextStates,
  Tokenizer,
} from '@halfspace/core';
import type { Architecture, Precision } from '@halfspace/model';
import type { Graphs, TrunkResult } from './graphs.js';
import { createKeyValueStore } from './key-value-store.js';
import { createTokenTree, type Tip, type TokenNode, type TreeContext } from './token-tree.js';
import { trunkCall, type Branch } from './trunk-call.js';

/** Rows of whole texts that are run in one call. */
const TEXT_ROWS = 256;

/**
 * Rows of a prompt that are run in one call. A call holds the thread until it is done, and nobody can end it: this is how long an
 * abort waits. The numbers of a row do not depend on it, and fewer rows than these take longer.
 */
const PROMPT_ROWS = 64;

/** Rows of logits that are held at once: each is as wide as the vocabulary. */
const HEAD_ROWS = 32;

/** Candidates that one line of keys and values has places for. */
const FAN = 64;

/** Rows that were run, as far as they were. */
interface Rows {
  readonly lower: TrunkResult;
  /** Undefined where they stopped at the cut. */
  readonly upper?: TrunkResult;
  readonly hidden: ReadonlyMap<number, Float32Array>;
}

/** What a backend is made of. */
export interface BackendParts {
  readonly model: ModelInfo;
  readonly architecture: Architecture;
  readonly tokenizer: Tokenizer;
  /** Blocks in the lower part of the trunk. */
  readonly cut: number;
  /** Arithmetic for a completion that evaluates this many rows a step. */
  choosePrecision(rowsPerStep: number): Precision;
  /** Graphs of a precision, loaded when first asked for. */
  graphs(precision: Precision): Promise<Graphs>;
  disposeGraphs(): Promise<void>;
}

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

/** Place of a candidate behind its text. */
function placeOfRank(rank: number): number {
  return rank % FAN;
}

/**
 * Candidates as fans: each at the place of its rank, so that it has the same numbers whichever others are there.
 * From the 64th on they start another line, at its first place again.
 */
function fansOf(
  { last, length }: TreeContext,
  tokens: readonly number[],
  ranks: readonly number[],
): Branch[] {
  const lines = new Map<number, { tokens: number[]; places: number[] }>();
  tokens.forEach((token, index) => {
    const rank = ranks[index] ?? index;
    const number = Math.floor(rank / FAN);
    const line = lines.get(number) ?? { tokens: [], places: [] };
    lines.set(number, line);
    line.tokens.push(token);
    line.places.push(placeOfRank(rank));
  });
  return [...lines.values()].map((line) => ({ parent: last, length, shape: 'fan', ...line }));
}

/** The backend contract over a token tree, two key/value stores and three graphs. */
export function createBackend(parts: BackendParts): Backend {
  const { model, architecture, tokenizer } = parts;
  const { layers, keyValueHeads, headWidth, width, sliding } = architecture;
  const { cut } = parts;
  const tree = createTokenTree();
  const below = createKeyValueStore(0, cut, keyValueHeads * headWidth);
  const above = createKeyValueStore(cut, layers, keyValueHeads * headWidth);
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
    const wrong = wanted.find((layer) => !Number.isInteger(layer) || layer < 0 || layer > layers);
    if (wrong !== undefined) {
      throw new HalfspaceError(
        'unknown-layer',
        `${model.name} has no layer ${wrong}: layers run from 0 to ${layers}.`,
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

  function pick(hidden: ReadonlyMap<number, Float32Array>, layer: number): Float32Array {
    const found = hidden.get(layer);
    if (found === undefined) throw new HalfspaceError('unknown-layer', `Layer ${layer} was not asked for.`);
    return found;
  }

  /** Runs rows through the trunk; through its lower part alone where no layer above the cut is wanted. */
  async function run(
    graphs: Graphs,
    branches: readonly Branch[],
    wanted: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<Rows> {
    if (wanted.some((layer) => layer > cut)) return runWhole(graphs, branches, wanted, signal);
    below.fit(tree.extent);
    const lower = await graphs.lower(trunkCall(branches, sliding?.tokens), below, wanted);
    return { lower, hidden: lower.hidden };
  }

  async function runWhole(
    graphs: Graphs,
    branches: readonly Branch[],
    wanted: readonly number[],
    signal: AbortSignal | undefined,
  ) {
    for (const store of [below, above]) store.fit(tree.extent);
    const call = trunkCall(branches, sliding?.tokens);
    const lower = await graphs.lower(call, below, wanted);
    throwIfAborted(signal);
    const upper = await graphs.upper(call, lower.end, above, wanted);
    return { lower, upper, hidden: new Map([...lower.hidden, ...upper.hidden]) };
  }

  function keep(parent: TokenNode | undefined, { lower, upper }: Rows, row: number): TokenNode {
    const node = tree.append(parent);
    for (const store of [below, above]) store.fit(tree.extent);
    below.write(node.slot, lower.keysValues, row);
    if (upper !== undefined) above.write(node.slot, upper.keysValues, row);
    return node;
  }

  function rowOf(states: Float32Array, row: number): Float32Array {
    return states.slice(row * width, (row + 1) * width);
  }

  function tipOf({ lower, upper }: Rows, row: number, place: number): Tip {
    return upper === undefined
      ? { waiting: { stream: rowOf(lower.end, row), place } }
      : { final: rowOf(upper.end, row) };
  }

  /** Winners that stopped at the cut go on, all in one call. */
  async function complete(contexts: readonly TreeContext[], graphs: Graphs): Promise<void> {
    const waiting = new Map<Tip, TreeContext>();
    for (const context of contexts) if (context.tip.waiting !== undefined) waiting.set(context.tip, context);
    if (waiting.size === 0) return;
    const stream = new Float32Array(waiting.size * width);
    const branches = [...waiting.values()].map(({ last, length, tip }, row): Branch => {
      if (tip.waiting !== undefined) stream.set(tip.waiting.stream, row * width);
      const places = [tip.waiting?.place ?? 0];
      // The lower part has read the token; the upper one reads the stream.
      return { parent: last.parent, length: length - 1, tokens: [0], shape: 'fan', places };
    });
    above.fit(tree.extent);
    const { keysValues, end } = await graphs.upper(trunkCall(branches, sliding?.tokens), stream, above, []);
    [...waiting].forEach(([tip, { last }], row) => {
      above.write(last.slot, keysValues, row);
      tip.final = rowOf(end, row);
      delete tip.waiting;
    });
  }

  /** Runs a prompt in chunks; calls `onRows` with the hidden states of each, and those after the final norm. */
  async function runPrompt(
    tokens: readonly number[],
    graphs: Graphs,
    wanted: readonly number[],
    signal: AbortSignal | undefined,
    onRows: (hidden: Rows['hidden'], final: Float32Array, start: number) => Promise<void> | void,
  ): Promise<TokenNode | undefined> {
    let last: TokenNode | undefined;
    try {
      for (let start = 0; start < tokens.length; start += PROMPT_ROWS) {
        throwIfAborted(signal);
        const chunk = tokens.slice(start, start + PROMPT_ROWS);
        const branch: Branch = { parent: last, length: start, tokens: chunk, shape: 'chain' };
        const result = await runWhole(graphs, [branch], wanted, signal);
        for (let index = 0; index < chunk.length; index++) {
          last = keep(last, result, index);
        }
        await onRows(result.hidden, result.upper.end, start);
      }
      throwIfAborted(signal);
      return last;
    } catch (error) {
      tree.prune(last);
      throw error;
    }
  }

  /** Runs a prompt, and collects its hidden states at some layers and the final one after its last token. */
  async function collect(
    tokens: readonly number[],
    graphs: Graphs,
    wanted: readonly number[],
    signal: AbortSignal | undefined,
  ) {
    const hidden = new Map(wanted.map((layer) => [layer, new Float32Array(tokens.length * width)]));
    let final = new Float32Array(width);
    const last = await runPrompt(tokens, graphs, wanted, signal, (part, end, start) => {
      for (const [layer, whole] of hidden) whole.set(pick(part, layer), start * width);
      final = end.slice(-width);
    });
    return { last, final, hidden };
  }

  /** Runs the texts of one call, and keeps nothing of them. */
  async function runTexts(
    texts: readonly (readonly number[])[],
    graphs: Graphs,
    { layers: wanted, signal }: StatesOptions,
  ): Promise<TextStates[]> {
    const [text = []] = texts;
    if (text.length > TEXT_ROWS) {
      const { last, hidden } = await collect(text, graphs, wanted, signal);
      tree.prune(last);
      return [{ hidden: (layer) => pick(hidden, layer) }];
    }
    throwIfAborted(signal);
    const branches = texts.map((tokens): Branch => ({
      parent: undefined,
      length: 0,
      tokens,
      shape: 'chain',
    }));
    const { hidden } = await run(graphs, branches, wanted, signal);
    throwIfAborted(signal);
    let end = 0;
    return texts.map(({ length }) => {
      const start = end;
      end += length;
      return { hidden: (layer) => pick(hidden, layer).subarray(start * width, (start + length) * width) };
    });
  }

  async function nextOf(
    contexts: readonly TreeContext[],
    topK: readonly number[],
    asked: readonly (readonly number[])[],
  ): Promise<NextTokens[]> {
    const graphs = await parts.graphs(contexts[0]?.precision ?? parts.choosePrecision(1));
    await complete(contexts, graphs);
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

  /** Groups items by the precision of their contexts, and puts the answers back in order. */
  async function byPrecision<T, R>(
    items: readonly T[],
    contextOf: (item: T) => TreeContext,
    work: (items: readonly T[], precision: Precision) => Promise<readonly R[]>,
  ): Promise<R[]> {
    const results = new Map<T, R>();
    for (const precision of new Set(items.map((item) => contextOf(item).precision))) {
      const group = items.filter((item) => contextOf(item).precision === precision);
      const answers = await work(group, precision);
      group.forEach((item, index) => results.set(item, answers[index] as R));
    }
    return items.map((item) => results.get(item) as R);
  }

  return {
    contract: CONTRACT_VERSION,
    model,
    tokenizer,
    prefill: (tokens, options) =>
      inTurn(async () => {
        if (tokens.length === 0)
          throw new HalfspaceError('empty-prompt', 'The prompt has no tokens. Give it some text.');
        assertTokens(tokens);
        assertRoom(tokens.length);
        const wanted = options.layers ?? [];
        assertLayers(wanted);
        const precision = parts.choosePrecision(options.rowsPerStep);
        const graphs = await parts.graphs(precision);
        const { last, final, hidden } = await collect(tokens, graphs, wanted, options.signal);
        if (last === undefined) throw new HalfspaceError('empty-prompt', 'The prompt has no tokens.');
        const context = tree.open(last, { length: tokens.length, precision, tip: { final } });
        return { context, hidden: (layer) => pick(hidden, layer) };
      }),
    next: (requests) =>
      inTurn(async () => {
        const items = requests.map((request) => ({ ...request, context: tree.resolve(request.context) }));
        for (const item of items) assertTokens(item.tokens ?? []);
        return byPrecision(
          items,
          (item) => item.context,
          async (group) =>
            nextOf(
              group.map((item) => item.context),
              group.map((item) => item.topK),
              group.map((item) => item.tokens ?? []),
            ),
        );
      }),
    lookAhead: (requests, options) =>
      inTurn(async () => {
        throwIfAborted(options.signal);
        assertLayers(options.layers);
        const items = requests.map((request) => ({ ...request, context: tree.resolve(request.context) }));
        for (const { context, tokens } of items) {
          assertTokens(tokens);
          assertRoom(context.length + 1);
        }
        const answers = await byPrecision(
          items,
          (item) => item.context,
          async (group, precision): Promise<LookAhead[]> => {
            const branches = group.flatMap(({ context, tokens, ranks = [] }) =>
              fansOf(context, tokens, ranks),
            );
            const graphs = await parts.graphs(precision);
            await complete(
              group.map(({ context }) => context),
              graphs,
            );
            const result = await run(graphs, branches, options.layers, options.signal);
            let first = 0;
            return group.map(({ context, tokens, ranks = [] }) => {
              const start = first;
              first += tokens.length;
              return {
                hidden: (layer) =>
                  pick(result.hidden, layer).subarray(start * width, (start + tokens.length) * width),
                commit(candidate) {
                  assertAlive();
                  const index = tokens.indexOf(candidate);
                  if (index < 0)
                    throw new HalfspaceError('unknown-token', `${candidate} was not among the candidates.`);
                  tree.resolve(context);
                  const row = start + index;
                  const node = keep(context.last, result, row);
                  const { length, precision: kept } = context;
                  const tip = tipOf(result, row, placeOfRank(ranks[index] ?? index));
                  return tree.open(node, { length: length + 1, precision: kept, tip });
                },
              };
            });
          },
        );
        throwIfAborted(options.signal);
        return answers;
      }),
    logProbs: (tokens, options) =>
      inTurn(async () => {
        if (tokens.length === 0)
          throw new HalfspaceError('empty-prompt', 'The text has no tokens. Give it some.');
        assertTokens(tokens);
        assertRoom(tokens.length);
        const graphs = await parts.graphs(parts.choosePrecision(1));
        const found = new Float64Array(tokens.length - 1);
        const last = await runPrompt(tokens, graphs, [], options?.signal, async (_, final, start) => {
          const rows = Math.min(final.length / width, tokens.length - 1 - start);
          for (let row = 0; row < rows; row += HEAD_ROWS) {
            const size = Math.min(HEAD_ROWS, rows - row);
            const asked = tokens.slice(start + row + 1, start + row + 1 + size);
            const result = await graphs.head(final.subarray(row * width, (row + size) * width), 1, asked, 1);
            for (let index = 0; index < size; index++) {
              found[start + row + index] =
                (result.askedLogits[index] ?? NaN) - (result.logSumExp[index] ?? NaN);
            }
          }
        });
        tree.prune(last);
        return found;
      }),
    states: (texts, options) =>
      inTurn(async () => {
        assertLayers(options.layers);
        for (const tokens of texts) {
          if (tokens.length === 0)
            throw new HalfspaceError('empty-prompt', 'A text has no tokens. Give it some.');
          assertTokens(tokens);
          assertRoom(tokens.length);
        }
        const graphs = await parts.graphs(parts.choosePrecision(TEXT_ROWS));
        const found: TextStates[] = [];
        for (const call of callsOf(texts, TEXT_ROWS)) found.push(...(await runTexts(call, graphs, options)));
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
