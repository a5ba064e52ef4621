// Throughput and latency of concurrent streams, plain and steered, beside node-llama-cpp with its own batching. See README.md here.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { helpful } from '@halfspace/attribute-helpfulness';
import { nontoxic } from '@halfspace/attribute-toxicity';
import { truthful } from '@halfspace/attribute-truthfulness';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace, tuneWeights } from '@halfspace/core';
import { resolveModel } from '@halfspace/model';
import {
  answerQuestions,
  installLlamaCpp,
  LLAMA_CPP,
  LLAMA_CPP_VERSION,
  llamaCppPlace,
  loadLlamaCpp,
  median,
  quantile,
  startServer,
  whole,
} from './peer-process.mjs';

const TEXT =
  'The quick brown fox jumps over the lazy dog. It was a nice day and the people of the town went out to see ' +
  'what was happening in the streets. They had never seen anything like that, and then the people';
const FILLER = ' The committee met again on the third day, and said that nothing had been decided so far.';
const SAMPLING = { temperature: 1, topK: 10, topP: 0.9 };
const ATTRIBUTES = [nontoxic, helpful, truthful];
/** Nats a token that steered streams are timed at, about. */
const KL = 0.15;
/** Tokens of a later turn of a chat, after its history. */
const TURN_TOKENS = 64;

const { values: flags } = parseArgs({
  options: {
    serve: { type: 'string' },
    'llama-cpp': { type: 'string', default: llamaCppPlace() },
    'no-peer': { type: 'boolean', default: false },
    model: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    streams: { type: 'string', default: '1,4,8,16,32' },
    tokens: { type: 'string', default: '32' },
    history: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '5' },
    minutes: { type: 'string', default: '8' },
    json: { type: 'boolean', default: false },
  },
});
const threads = whole('threads', flags.threads, 1);
const tokens = whole('tokens', flags.tokens, 2);
const history = whole('history', flags.history, 1);
const rounds = whole('rounds', flags.rounds, 1);
const minutes = whole('minutes', flags.minutes, 1);
const counts = flags.streams.split(',').map((each) => whole('streams', each, 1));

if (flags.serve === undefined) await compare();
else answerQuestions(flags.serve === LLAMA_CPP ? await openLlamaCpp() : await openHalfspace());

/** A prompt that begins like no other one, so that nothing of it is cached. */
function promptOf(round, stream) {
  return `${round}.${stream}: ${TEXT}`;
}

/** A text of about so many tokens that begins like no other one. */
function historyOf(round, encode) {
  let text = `${round}/${tokens}: ${TEXT}`;
  const size = Math.ceil((history - encode(text).length) / encode(FILLER).length);
  return text + FILLER.repeat(Math.max(0, size));
}

async function compare() {
  const begun = performance.now();
  const { path: model } = await resolveModel(flags.model);
  const script = fileURLToPath(import.meta.url);
  const words = ['--model', model, '--llama-cpp', flags['llama-cpp'], '--streams', flags.streams];
  for (const name of ['threads', 'tokens', 'history']) words.push(`--${name}`, flags[name]);
  const halfspace = await startServer(script, 'halfspace', ['--serve', 'halfspace', ...words]);
  const systems = [
    { name: 'Halfspace, plain', way: 'plain', process: halfspace },
    { name: 'Halfspace, three values', way: 'steered', process: halfspace },
  ];
  if (!flags['no-peer']) {
    installLlamaCpp(flags['llama-cpp']);
    const llamaCpp = await startServer(script, LLAMA_CPP, ['--serve', LLAMA_CPP, ...words]);
    systems.push({ name: `${LLAMA_CPP} ${LLAMA_CPP_VERSION}`, way: 'plain', process: llamaCpp });
  }
  const found = systems.map(({ name }) => ({
    name,
    streams: counts.map((count) => ({ count, rounds: [] })),
    turns: [],
    beside: [],
  }));
  let done = 0;
  try {
    // The first round warms up. No round is begun that might not end in time.
    for (let round = 0, longest = 0; round <= rounds; round++) {
      const start = performance.now();
      if (round > 1 && start - begun + longest > minutes * 60_000) break;
      const parts = round === 0 ? counts.slice(-1) : counts;
      for (const [place, count] of parts.entries()) {
        await inTurns(round + place, async (index) => {
          const { way, process: system } = systems[index];
          const block = await system.ask({ ask: 'streams', way, count, round });
          if (round > 0) found[index].streams[place].rounds.push(block);
        });
      }
      await inTurns(round, async (index) => {
        const { way, process: system } = systems[index];
        if (round === 0) return;
        found[index].turns.push(await system.ask({ ask: 'turns', way, round }));
        found[index].beside.push(await system.ask({ ask: 'beside', way, round }));
      });
      longest = Math.max(longest, performance.now() - start);
      done = round;
      process.stderr.write(`\rround ${round} of ${rounds}`);
    }
  } finally {
    for (const each of new Set(systems.map((system) => system.process))) each.stop();
    process.stderr.write('\n');
  }
  report(found, done);

  /** All systems, one after another; another one begins each time. */
  async function inTurns(first, work) {
    for (let turn = 0; turn < systems.length; turn++) await work((turn + first) % systems.length);
  }
}

/**
 * Streams at once: when each has its tokens, and how many those are.
 *
 * @param write - Writes one completion, and calls for each of its tokens.
 */
async function timeStreams(count, write) {
  const begun = performance.now();
  const gaps = [];
  const firsts = [];
  let written = 0;
  await Promise.all(
    Array.from({ length: count }, async (_, stream) => {
      let last;
      const tokens = await write(stream, () => {
        const now = performance.now();
        if (last === undefined) firsts.push(now - begun);
        else gaps.push(now - last);
        last = now;
      });
      written += tokens;
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  return {
    perSecond: written / seconds,
    p50: quantile(gaps, 0.5),
    p99: quantile(gaps, 0.99),
    first: median(firsts),
  };
}

async function openHalfspace() {
  const backend = await createOnnxBackend({ model: flags.model, threads });
  const halfspace = await createHalfspace({ backend, attributes: ATTRIBUTES });
  const encode = (text) => backend.tokenizer.encode(text);
  const weight = await weightAt(halfspace);
  const weights = { plain: {}, steered: equal(weight) };
  async function write(prompt, maxTokens, way, seed, onToken = () => {}) {
    for await (const event of halfspace.stream({
      prompt,
      maxTokens,
      seed,
      ...SAMPLING,
      weights: weights[way],
    })) {
      if (event.type === 'text') onToken();
      else if (event.type === 'completion') return event.completion;
    }
    throw new Error('A stream ended without its completion.');
  }
  const first = async (prompt, way) => {
    const begun = performance.now();
    await write(prompt, 1, way, 0);
    return performance.now() - begun;
  };
  return async ({ ask, way, count, round }) => {
    if (ask === 'streams') {
      let kl = 0;
      const found = await timeStreams(count, async (stream, onToken) => {
        const completion = await write(
          promptOf(`${way} ${count} ${round}`, stream),
          tokens,
          way,
          round,
          onToken,
        );
        kl += completion.kl / completion.tokens.length / count;
        return completion.tokens.length;
      });
      return { ...found, kl };
    }
    const before = historyOf(`${way} ${ask} ${round}`, encode);
    if (ask === 'beside') {
      const alone = await timeStreams(
        4,
        async (stream, onToken) =>
          (await write(promptOf(`${way} alone ${round}`, stream), tokens, way, round, onToken)).tokens.length,
      );
      // The long prompt comes once all streams are written.
      let started = 0;
      const longs = [];
      const beside = await timeStreams(4, async (stream, onToken) => {
        let own = 0;
        const notice = () => {
          onToken();
          if (++own === 4 && ++started === 4) longs.push(first(before, way));
        };
        return (await write(promptOf(`${way} beside ${round}`, stream), tokens, way, round, notice)).tokens
          .length;
      });
      await Promise.all(longs);
      return { alone: alone.p50, p50: beside.p50, p99: beside.p99 };
    }
    const turn = ` ${promptOf(`and ${round}`, 0)}`;
    const own = encode(turn).slice(0, TURN_TOKENS);
    const tail = backend.tokenizer.decode(own);
    const cold = await first(before, way);
    const warm = await first(before + tail, way);
    const alone = await first(`${round} ${way}${tail}`, way);
    return { cold, warm, alone };
  };
}

function equal(weight) {
  return Object.fromEntries(ATTRIBUTES.map(({ name }) => [name, weight]));
}

/** The weight of each attribute that moves a token by so many nats on average. */
async function weightAt(halfspace) {
  const tuned = await tuneWeights(halfspace, {
    prompts: [TEXT],
    ...SAMPLING,
    maxTokens: tokens,
    samples: 8,
    seed: 1000,
    weights: equal(1),
    goal: { kl: KL },
  });
  return tuned.weights.nontoxic;
}

async function openLlamaCpp() {
  const model = await loadLlamaCpp(flags['llama-cpp'], flags.model, threads);
  const most = Math.max(...counts);
  const encode = (text) => model.tokenize(text);
  const shared = await model.createContext({ sequences: most, contextSize: 256, batchSize: 512, threads });
  const sequences = Array.from({ length: most }, () => shared.getSequence());
  const long = await model.createContext({
    sequences: 5,
    contextSize: history + 256,
    batchSize: 512,
    threads,
  });
  const longOnes = Array.from({ length: 5 }, () => long.getSequence());
  async function write(sequence, prompt, maxTokens, seed, onToken = () => {}) {
    let written = 0;
    const options = { ...SAMPLING, minP: 0, seed, yieldEogToken: true };
    for await (const _ of sequence.evaluate(prompt, options)) {
      onToken();
      if (++written === maxTokens) break;
    }
    return written;
  }
  const first = async (sequence, prompt) => {
    const begun = performance.now();
    await write(sequence, prompt, 1, 0);
    return performance.now() - begun;
  };
  return async ({ ask, count, round }) => {
    if (ask === 'streams') {
      for (const sequence of sequences) await sequence.clearHistory();
      return timeStreams(count, (stream, onToken) =>
        write(sequences[stream], encode(promptOf(`plain ${count} ${round}`, stream)), tokens, round, onToken),
      );
    }
    for (const sequence of longOnes) await sequence.clearHistory();
    const before = encode(historyOf(`${ask} ${round}`, encode)).slice(0, history);
    if (ask === 'beside') {
      const four = (name, notice) =>
        timeStreams(4, (stream, onToken) =>
          write(
            longOnes[stream],
            encode(promptOf(`${name} ${round}`, stream)),
            tokens,
            round,
            notice(onToken),
          ),
        );
      const alone = await four('alone', (onToken) => onToken);
      for (const sequence of longOnes) await sequence.clearHistory();
      let started = 0;
      const prompts = [];
      const beside = await four('beside', (onToken) => {
        let own = 0;
        return () => {
          onToken();
          if (++own === 4 && ++started === 4) prompts.push(first(longOnes[4], before));
        };
      });
      await Promise.all(prompts);
      return { alone: alone.p50, p50: beside.p50, p99: beside.p99 };
    }
    const turn = encode(` ${promptOf(`and ${round}`, 0)}`).slice(0, TURN_TOKENS);
    const [sequence, other] = longOnes;
    const cold = await first(sequence, before);
    const warm = await first(sequence, turn);
    const alone = await first(other, turn);
    return { cold, warm, alone };
  };
}

function report(found, done) {
  const middle = (rows, name) => {
    const values = rows.map((row) => row[name]).filter((value) => Number.isFinite(value));
    return values.length === 0 ? undefined : median(values);
  };
  const streams = counts.map((count, place) => ({
    count,
    systems: found.map(({ name, streams: each }) => {
      const { rounds: own } = each[place];
      const ratios = own.map(
        ({ perSecond }, round) => perSecond / found[0].streams[place].rounds[round].perSecond,
      );
      const figures = Object.fromEntries(
        ['perSecond', 'p50', 'p99', 'first', 'kl'].map((key) => [key, middle(own, key)]),
      );
      return { name, ...figures, timesPlain: median(ratios), rounds: own };
    }),
  }));
  const others = found.map(({ name, turns, beside }) => ({
    name,
    ...Object.fromEntries(['cold', 'warm', 'alone'].map((key) => [key, middle(turns, key)])),
    beside: Object.fromEntries(['alone', 'p50', 'p99'].map((key) => [key, middle(beside, key)])),
  }));
  if (flags.json) {
    console.log(JSON.stringify({ threads, tokens, history, rounds: done, streams, others }));
    return;
  }
  const shown = (value, digits = 1) => (value === undefined ? '' : value.toFixed(digits));
  const table = (head, rows) =>
    [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
  console.log(
    table(
      [
        'streams',
        'system',
        'tokens/s',
        'times plain',
        'ms between tokens, p50',
        'p99',
        'ms to the first',
        'KL',
      ],
      streams.flatMap(({ count, systems }) =>
        systems.map((each) => [
          count,
          each.name,
          shown(each.perSecond),
          shown(each.timesPlain, 2),
          shown(each.p50),
          shown(each.p99),
          shown(each.first, 0),
          shown(each.kl, 2),
        ]),
      ),
    ),
  );
  console.log(
    `\n${table(
      [
        'system',
        `ms to the first token, ${history} tokens`,
        `${TURN_TOKENS} more`,
        `${TURN_TOKENS} alone`,
        'between tokens',
        'beside a prompt, p50',
        'p99',
      ],
      others.map(({ name, cold, warm, alone, beside }) => [
        name,
        ...[cold, warm, alone].map((value) => shown(value, 0)),
        ...[beside.alone, beside.p50, beside.p99].map((value) => shown(value)),
      ]),
    )}`,
  );
  console.log(`\nMedians over ${done} rounds of ${tokens} tokens a stream, ${threads} threads.`);
}
