import type { Backend, Context } from '@halfspace/contracts';
import { alike, contextOf, distributionAfter, holds, refused, type Subject } from './conformance-tools.js';

type Create = () => Backend | Promise<Backend>;

/** A check and what it is called. */
interface NamedCheck {
  readonly name: string;
  readonly check: (subject: Subject, create: Create) => Promise<void>;
}

/** More rows than any choice of arithmetic for few looks at. */
const MANY_ROWS = 1000;

/** Every way to give a backend tokens of a text. */
function textCalls(backend: Backend, tokens: readonly number[]): [string, () => Promise<unknown>][] {
  return [
    ['prefill', async () => backend.prefill([{ tokens, rowsPerStep: 1 }])],
    ['states', async () => backend.states([tokens], { layers: [0] })],
    ['logProbs', async () => backend.logProbs(tokens)],
  ];
}

/** Every use of a context. */
function contextCalls(backend: Backend, context: Context, token: number): [string, () => unknown][] {
  return [
    ['next', async () => backend.next([{ context, topK: 1 }])],
    ['lookAhead', async () => backend.lookAhead([{ context, tokens: [token], layers: [0] }])],
    ['prefill after it', async () => backend.prefill([{ tokens: [token], after: context, rowsPerStep: 1 }])],
    ['fork', () => backend.fork(context)],
  ];
}

const isSorted = (logProbs: ArrayLike<number>, tokens: ArrayLike<number>, i: number) =>
  logProbs[i - 1] > logProbs[i] || (logProbs[i - 1] === logProbs[i] && tokens[i - 1] < tokens[i]);

/** All checks, in the order of the contract. */
export const CHECKS: readonly NamedCheck[] = [
  {
    name: 'a text without tokens is refused: empty-prompt',
    check: async ({ backend }) => {
      for (const [call, run] of textCalls(backend, [])) {
        await refused(`${call} of no tokens`, 'empty-prompt', run);
      }
    },
  },
  {
    name: 'a text that is too long is refused: context-overflow',
    check: async ({ backend, tokens }) => {
      const { contextLength } = backend.model;
      if (!Number.isFinite(contextLength)) return;
      const long = Array.from({ length: contextLength + 1 }, (_, i) => tokens[i % tokens.length]);
      for (const [call, run] of textCalls(backend, long)) {
        await refused(`${call} of ${long.length} tokens`, 'context-overflow', run);
      }
    },
  },
  {
    name: 'a token that is none is refused: unknown-token',
    check: async ({ backend, tokens }) => {
      const { vocabularySize } = backend.tokenizer;
      const context = await contextOf(backend, tokens);
      for (const wrong of [-1, vocabularySize, 0.5]) {
        for (const [call, run] of textCalls(backend, [tokens[0], wrong])) {
          await refused(`${call} with the token ${wrong}`, 'unknown-token', run);
        }
        const look = async () => backend.lookAhead([{ context, tokens: [wrong], layers: [0] }]);
        await refused(`lookAhead with the token ${wrong}`, 'unknown-token', look);
      }
      const [look] = await backend.lookAhead([{ context, tokens: tokens.slice(0, 2), layers: [0] }]);
      await refused('commit of what was no candidate', 'unknown-token', () => look.commit(tokens[3]));
    },
  },
  {
    name: 'a layer that there is not is refused: unknown-layer',
    check: async ({ backend, tokens }) => {
      const context = await contextOf(backend, tokens);
      for (const layer of [-1, backend.model.layers + 1]) {
        const layers = [layer];
        const calls: [string, () => Promise<unknown>][] = [
          ['prefill', async () => backend.prefill([{ tokens, rowsPerStep: 1, layers }])],
          ['states', async () => backend.states([tokens], { layers })],
          ['lookAhead', async () => backend.lookAhead([{ context, tokens: [tokens[0]], layers }])],
        ];
        for (const [call, run] of calls) await refused(`${call} of layer ${layer}`, 'unknown-layer', run);
      }
    },
  },
  {
    name: 'a released context is refused: invalid-context',
    check: async ({ backend, tokens }) => {
      const context = await contextOf(backend, tokens);
      const [look] = await backend.lookAhead([{ context, tokens: [tokens[0]], layers: [0] }]);
      backend.release(context);
      for (const [call, run] of contextCalls(backend, context, tokens[0])) {
        await refused(`${call} of a released context`, 'invalid-context', run);
      }
      await refused('commit after a released context', 'invalid-context', () => look.commit(tokens[0]));
    },
  },
  {
    name: 'a context of another backend is refused: invalid-context',
    check: async ({ backend, tokens }, create) => {
      const other = await create();
      try {
        const context = await contextOf(other, tokens);
        for (const [call, run] of contextCalls(backend, context, tokens[0])) {
          await refused(`${call} of a foreign context`, 'invalid-context', run);
        }
      } finally {
        await other.dispose();
      }
    },
  },
  {
    name: 'after its end everything is refused: disposed',
    check: async ({ backend, tokens }) => {
      const context = await contextOf(backend, tokens);
      await backend.dispose();
      await backend.dispose();
      const calls = [...textCalls(backend, tokens), ...contextCalls(backend, context, tokens[0])];
      for (const [call, run] of calls) await refused(`${call} after dispose`, 'disposed', run);
    },
  },
  {
    name: 'an abort ends a call and leaves contexts as they were',
    check: async (subject) => {
      const { backend, tokens } = subject;
      const context = await contextOf(backend, tokens);
      const before = await distributionAfter(backend, context);
      const signal = AbortSignal.abort();
      await refused('states with an aborted signal', 'aborted', async () =>
        backend.states([tokens], { layers: [0], signal }),
      );
      await refused('logProbs with an aborted signal', 'aborted', async () =>
        backend.logProbs(tokens, { signal }),
      );
      alike('next after an abort', await distributionAfter(backend, context), before, subject);
    },
  },
  {
    name: 'forks and winners live on their own, as long as they are not released',
    check: async (subject) => {
      const { backend, tokens } = subject;
      const context = await contextOf(backend, tokens.slice(0, 4));
      const fork = backend.fork(context);
      const [look] = await backend.lookAhead([{ context, tokens: tokens.slice(0, 2), layers: [0] }]);
      const winner = look.commit(tokens[1]);
      const lengths = [context, fork, winner].map(({ length }) => length);
      holds(`lengths are ${lengths.join(', ')} and not 4, 4, 5`, lengths.join() === '4,4,5');
      const [ofFork, ofWinner] = [
        await distributionAfter(backend, fork),
        await distributionAfter(backend, winner),
      ];
      backend.release(context);
      alike(
        'next after a fork whose origin is gone',
        await distributionAfter(backend, fork),
        ofFork,
        subject,
      );
      backend.release(fork);
      const last = await distributionAfter(backend, winner);
      alike('next after a winner whose text is gone', last, ofWinner, subject);
    },
  },
  {
    name: 'next is normalised over the vocabulary',
    check: async ({ backend, tokens }) => {
      const logProbs = await distributionAfter(backend, await contextOf(backend, tokens));
      const sum = logProbs.reduce((total, each) => total + Math.exp(each), 0);
      holds(`probabilities come to ${sum} and not 1`, Math.abs(sum - 1) < 1e-3);
    },
  },
  {
    name: 'next gives the most probable tokens first, and of equals the smaller id',
    check: async (subject) => {
      const { backend, tokens } = subject;
      const context = await contextOf(backend, tokens);
      const topK = Math.min(200, backend.tokenizer.vocabularySize);
      const [found] = await backend.next([{ context, topK }]);
      holds(`there are ${found.tokens.length} tokens and not ${topK}`, found.tokens.length === topK);
      for (let i = 1; i < topK; i++) {
        const [one, two] = [found.tokens[i - 1], found.tokens[i]];
        const isRight = isSorted(found.logProbs, found.tokens, i);
        holds(`token ${two} stands behind ${one}, and must not`, isRight);
      }
      const all = await distributionAfter(backend, context);
      const own = Array.from(found.tokens, (token) => all[token]);
      alike('log-probabilities of the most probable tokens', found.logProbs, own, subject);
      const least = found.logProbs[topK - 1];
      const better = all.reduce((count, each) => count + (each > least ? 1 : 0), 0);
      holds(`${better} tokens are more probable than the last of ${topK}`, better < topK);
    },
  },
  {
    name: 'next gives the tokens that are asked for, in their order',
    check: async (subject) => {
      const { backend, tokens } = subject;
      const context = await contextOf(backend, tokens);
      const all = await distributionAfter(backend, context);
      const named = [tokens[3], tokens[0], tokens[2]];
      const [{ asked }] = await backend.next([{ context, topK: 2, tokens: named }]);
      alike(
        'log-probabilities asked for',
        asked,
        named.map((token) => all[token]),
        subject,
      );
    },
  },
  {
    name: 'a winner that was kept is the prompt with it',
    check: async (subject) => {
      const { backend, tokens } = subject;
      const context = await contextOf(backend, tokens.slice(0, 5));
      const [look] = await backend.lookAhead([{ context, tokens: [tokens[5], tokens[0]], layers: [] }]);
      const winner = look.commit(tokens[5]);
      const whole = await contextOf(backend, tokens.slice(0, 6));
      const [found, wanted] = [
        await distributionAfter(backend, winner),
        await distributionAfter(backend, whole),
      ];
      alike('next after a winner', found, wanted, subject);
    },
  },
  {
    name: 'a prompt in parts is the prompt as a whole',
    check: async (subject) => {
      const { backend, tokens } = subject;
      let context: Context | undefined;
      for (let run = 0; (context?.length ?? 0) < tokens.length; run++) {
        const rest = tokens.slice(context?.length ?? 0);
        const after = context === undefined ? {} : { after: context };
        const [found] = await backend.prefill([{ tokens: rest, rowsPerStep: 1, ...after }], { maxRows: 3 });
        holds('a prompt does not get on by a token', found.context.length > (context?.length ?? 0));
        context = found.context;
      }
      const whole = await contextOf(backend, tokens);
      const found = await distributionAfter(backend, context as Context);
      alike('next after a prompt in parts', found, await distributionAfter(backend, whole), subject);
    },
  },
  {
    name: 'states are the hidden states of a prompt, and of candidates',
    check: async (subject) => {
      const { backend, tokens } = subject;
      const { layers: deepest, width } = backend.model;
      const layers = [...new Set([0, deepest])];
      const [text] = await backend.states([tokens], { layers });
      const [prompt] = await backend.prefill([{ tokens, rowsPerStep: MANY_ROWS, layers }]);
      const found = layers.map((layer) => prompt.hidden(layer).slice());
      const [{ context }] = await backend.prefill([{ tokens: tokens.slice(0, -1), rowsPerStep: MANY_ROWS }]);
      const [look] = await backend.lookAhead([{ context, tokens: tokens.slice(-1), layers }]);
      layers.forEach((layer, i) => {
        const wanted = text.hidden(layer);
        alike(`hidden states of a prompt at layer ${layer}`, found[i], wanted, subject);
        const last = wanted.subarray((tokens.length - 1) * width);
        alike(`hidden states of a candidate at layer ${layer}`, look.hidden(layer), last, subject);
      });
    },
  },
  {
    name: 'logProbs are those that next gives',
    check: async (subject) => {
      const { backend, tokens } = subject;
      const found = await backend.logProbs(tokens);
      const wanted: number[] = [];
      for (let length = 1; length < tokens.length; length++) {
        const context = await contextOf(backend, tokens.slice(0, length));
        const [{ asked }] = await backend.next([{ context, topK: 1, tokens: [tokens[length]] }]);
        wanted.push(asked[0]);
      }
      alike('logProbs', found, wanted, subject);
    },
  },
  {
    name: 'of an exact backend, numbers do not depend on the company',
    check: async (subject) => {
      const { backend, tokens } = subject;
      if (!backend.exact) return;
      const texts = [tokens.slice(0, 3), tokens.slice(2, 8)];
      const contexts = await Promise.all(texts.map(async (text) => contextOf(backend, text)));
      const ask = async (some: readonly Context[]) =>
        backend.next(some.map((context) => ({ context, topK: 4, tokens: [tokens[0]] })));
      const layers = [backend.model.layers];
      const look = async (some: readonly Context[]) => {
        const found = await backend.lookAhead(
          some.map((context) => ({ context, tokens: tokens.slice(0, 3), layers })),
        );
        return found.map((each) => each.hidden(layers[0]).slice());
      };
      const [next, states] = [await ask(contexts), await look(contexts)];
      for (const [i, context] of contexts.entries()) {
        const [alone] = await ask([context]);
        alike('next in company', next[i].logProbs, alone.logProbs, subject);
        alike('next in company, of a token asked for', next[i].asked, alone.asked, subject);
        alike('lookAhead in company', states[i], (await look([context]))[0], subject);
      }
    },
  },
  {
    name: 'of an exact backend, a candidate of the same rank has the same numbers',
    check: async (subject) => {
      const { backend, tokens } = subject;
      if (!backend.exact) return;
      const layers = [backend.model.layers];
      const { width } = backend.model;
      const context = await contextOf(backend, tokens.slice(0, 4));
      const candidates = tokens.slice(0, 4);
      const [all] = await backend.lookAhead([{ context, tokens: candidates, layers }]);
      const whole = all.hidden(layers[0]).slice();
      for (const ranks of [[2], [1, 3]]) {
        const some = ranks.map((rank) => candidates[rank]);
        const [look] = await backend.lookAhead([{ context, tokens: some, ranks, layers }]);
        const found = look.hidden(layers[0]);
        ranks.forEach((rank, i) => {
          const wanted = whole.subarray(rank * width, (rank + 1) * width);
          alike(`the candidate of rank ${rank}`, found.subarray(i * width, (i + 1) * width), wanted, subject);
        });
      }
    },
  },
];
