// A backend of another kind: a trigram model over a text, with hidden states that say what the text has been about.
import { HalfspaceError, SPECIFICATION_VERSIONS, throwIfAborted } from '@halfspace/contracts';

/** Width of a hidden state, and the share of it that is kept with each further word. */
const WIDTH = 32;
const MEMORY = 0.8;
const CONTEXT_LENGTH = 512;
/** Shares of trigrams, bigrams and words alone. */
const SHARES = [0.6, 0.3, 0.1];
const UNKNOWN = ' ?';

/** Pieces of a text: words and marks, each with the space in front of it. */
function piecesOf(text) {
  return text.match(/ ?[\p{L}\p{N}']+| ?[^\s\p{L}\p{N}]/gu) ?? [];
}

/** Numbers from −1 to 1 that depend on a seed alone. */
function directionOf(seed) {
  return Float32Array.from({ length: WIDTH }, (_, i) =>
    Math.sin((seed + 1) * 12.9898 + (i + 1) * 78.233 * (seed + 3)),
  );
}

function createTokenizer(vocabulary) {
  const ids = new Map(vocabulary.map((piece, id) => [piece, id]));
  const encoder = new TextEncoder();
  const bytes = vocabulary.map((piece, id) => encoder.encode(id === 0 ? '' : piece));
  const idOf = (piece) => ids.get(piece) ?? ids.get(` ${piece}`) ?? ids.get(UNKNOWN);
  return {
    vocabularySize: vocabulary.length,
    endTokens: new Set([0]),
    encode: (text) => piecesOf(text.replaceAll(/\s+/g, ' ')).map(idOf),
    decode: (tokens) => tokens.map((token) => (token === 0 ? '' : vocabulary[token])).join(''),
    bytes: (token) => bytes[token],
    renderChat() {
      throw new HalfspaceError('no-chat-template', 'An n-gram model has no chats. Give it a prompt.');
    },
  };
}

/** How often each token comes after some others. */
function countAfter(tokens, order) {
  const counts = new Map();
  for (let i = order; i < tokens.length; i++) {
    const key = tokens.slice(i - order, i).join();
    const after = counts.get(key) ?? new Map();
    counts.set(key, after.set(tokens[i], (after.get(tokens[i]) ?? 0) + 1));
  }
  return (before) =>
    before.length < order ? undefined : counts.get(before.slice(before.length - order).join());
}

/** The vector of each word: the sum of those of its neighbours, so that words of one company are alike. */
function wordVectors(tokens, size) {
  const vectors = Array.from({ length: size }, () => new Float32Array(WIDTH));
  tokens.forEach((token, i) => {
    for (const near of tokens.slice(Math.max(0, i - 8), i + 9)) {
      directionOf(near).forEach((value, axis) => (vectors[token][axis] += value));
    }
  });
  return vectors.map((vector) => {
    const norm = Math.hypot(...vector) || 1;
    return vector.map((value) => value / norm);
  });
}

/**
 * Makes a backend of a text. It is exact: all numbers are functions of the tokens.
 *
 * @param {string} text
 * @returns {import('@halfspace/contracts').Backend}
 */
export function createNgramBackend(text) {
  const pieces = piecesOf(` ${text.replaceAll(/\s+/g, ' ').trim()}`);
  const vocabulary = ['<end>', UNKNOWN, ...new Set(pieces)];
  const size = vocabulary.length;
  const tokenizer = createTokenizer(vocabulary);
  const corpus = pieces.map((piece) => vocabulary.indexOf(piece));
  const counts = [countAfter(corpus, 2), countAfter(corpus, 1), countAfter(corpus, 0)];
  const vectors = wordVectors(corpus, size);
  const fingerprint = `trigrams-${size}-${corpus.length}`;
  const model = { name: 'trigrams', fingerprint, layers: 1, width: WIDTH, contextLength: CONTEXT_LENGTH };
  const held = new Map();
  let disposed = false;

  function refuse(code, message) {
    throw new HalfspaceError(code, message);
  }
  const alive = () => disposed && refuse('disposed', 'This backend was disposed of. Create a new one.');
  function textOf(context) {
    alive();
    return held.get(context) ?? refuse('invalid-context', 'It was released, or is of another backend.');
  }
  function open(tokens) {
    const context = Object.freeze({ length: tokens.length });
    held.set(context, tokens);
    return context;
  }
  function assertTokens(tokens, before = 0) {
    alive();
    const wrong = tokens.find((token) => vocabulary[token] === undefined);
    if (tokens.length === 0) refuse('empty-prompt', 'There are no tokens. Give it some text.');
    if (wrong !== undefined) refuse('unknown-token', `${wrong} is no token: ids run from 0 to ${size - 1}.`);
    if (before + tokens.length > CONTEXT_LENGTH)
      refuse('context-overflow', `It takes ${CONTEXT_LENGTH} tokens.`);
  }
  function assertLayers(layers) {
    const wrong = layers.find((layer) => layer !== 0 && layer !== 1);
    if (wrong !== undefined) refuse('unknown-layer', `There is no layer ${wrong}: there are 0 and 1.`);
  }

  /** Natural log-probabilities of all tokens after a text. */
  function logProbsAfter(tokens) {
    const probs = new Float64Array(size).fill(1e-6);
    counts.forEach((after, i) => {
      const found = after(tokens);
      const total = found === undefined ? 1 : [...found.values()].reduce((sum, count) => sum + count, 0);
      for (const [token, count] of found ?? []) probs[token] += (SHARES[i] * count) / total;
    });
    const sum = probs.reduce((total, prob) => total + prob, 0);
    return probs.map((prob) => Math.log(prob / sum));
  }

  /** At layer 0 the vector of the last word; at layer 1 those of all words, the last ones most. */
  function hiddenAfter(tokens, layer) {
    if (layer === 0) return [...vectors[tokens.at(-1)]];
    const state = Array.from({ length: WIDTH }, () => 0);
    for (const token of tokens) {
      for (let axis = 0; axis < WIDTH; axis++) state[axis] = MEMORY * state[axis] + vectors[token][axis];
    }
    return state;
  }
  const statesFrom = (tokens, from) => (layer) =>
    Float32Array.from(tokens.flatMap((_, i) => (i < from ? [] : hiddenAfter(tokens.slice(0, i + 1), layer))));

  return {
    specificationVersion: SPECIFICATION_VERSIONS.backend,
    model,
    tokenizer,
    exact: true,
    async prefill(requests) {
      const texts = requests.map(({ tokens, after, layers = [] }) => {
        const before = after === undefined ? [] : textOf(after);
        assertTokens(tokens, before.length);
        assertLayers(layers);
        return { tokens: [...before, ...tokens], begun: before.length };
      });
      return texts.map(({ tokens, begun }, i) => ({
        context: open(tokens),
        cachedTokens: 0,
        hidden: statesFrom(tokens, Math.max(begun, requests[i].from ?? 0)),
      }));
    },
    async next(requests) {
      return requests.map(({ context, topK, tokens: asked = [] }) => {
        const logProbs = logProbsAfter(textOf(context));
        const order = [...logProbs.keys()].sort((a, b) => logProbs[b] - logProbs[a] || a - b).slice(0, topK);
        const of = (ids) => Float64Array.from(ids, (id) => logProbs[id]);
        return { tokens: Int32Array.from(order), logProbs: of(order), asked: of(asked), logSumExp: 0 };
      });
    },
    async lookAhead(requests) {
      for (const { context, tokens, layers } of requests) {
        for (const token of tokens) assertTokens([token], textOf(context).length);
        assertLayers(layers);
      }
      return requests.map(({ context, tokens }) => ({
        hidden: (layer) =>
          Float32Array.from(tokens.flatMap((token) => hiddenAfter([...textOf(context), token], layer))),
        commit(candidate) {
          const before = textOf(context);
          if (!tokens.includes(candidate))
            refuse('unknown-token', `${candidate} was not among the candidates.`);
          return open([...before, candidate]);
        },
      }));
    },
    async logProbs(tokens, { signal } = {}) {
      assertTokens(tokens);
      throwIfAborted(signal);
      return Float64Array.from(tokens.slice(1), (token, i) => logProbsAfter(tokens.slice(0, i + 1))[token]);
    },
    async states(texts, { layers, signal }) {
      for (const tokens of texts) assertTokens(tokens);
      assertLayers(layers);
      throwIfAborted(signal);
      return texts.map((tokens) => ({ hidden: statesFrom(tokens, 0) }));
    },
    fork: (context) => open(textOf(context)),
    release: (context) => void held.delete(context),
    async dispose() {
      disposed = true;
      held.clear();
    },
  };
}
