// Is a program that serves still free to answer while the model computes? See README.md here.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';

const FILLER = ' Wind from the north, a grey sea, and nothing on the horizon but rain.';
const EVERY_MS = 20;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    streams: { type: 'string', default: '8' },
    tokens: { type: 'string', default: '48' },
    prompt: { type: 'string', default: '4000' },
    precision: { type: 'string', default: 'f32' },
    model: { type: 'string' },
    plain: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    serve: { type: 'string' },
    ask: { type: 'string' },
  },
});

if (flags.ask !== undefined) await ask(flags.ask);
else if (flags.serve !== undefined) await serve(flags.serve === 'worker');
else await compare();

/** Asks a health route again and again, in a process of its own, until it is told to stop; sends how long each answer took. */
async function ask(url) {
  const times = [];
  let isAsking = true;
  process.once('message', () => (isAsking = false));
  while (isAsking) {
    const start = performance.now();
    await (await fetch(url)).text();
    times.push(performance.now() - start);
    await wait(EVERY_MS);
  }
  process.send(times);
  process.disconnect();
}

/** A server that writes: eight streams, and a long prompt in their midst. Sends what its event loop and its health route were like. */
async function serve(worker) {
  const { model, precision } = flags;
  const backend = await createOnnxBackend({ worker, precision, ...(model && { model }) });
  const { attributes, weights } = await steering(backend);
  const halfspace = await createHalfspace({ backend, attributes });
  const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}/health`;
  const write = async (prompt, maxTokens, seed) => {
    for await (const _ of halfspace.stream({ prompt, maxTokens, weights, seed }));
  };
  // Warms up: graphs, attributes, and the cache of compiled code.
  await write('The keeper of the lighthouse', 4, 0);

  const { tokenizer } = backend;
  let long = 'Once upon a time';
  while (tokenizer.encode(long).length < Number(flags.prompt)) long += FILLER.repeat(8);
  const asking = fork(import.meta.filename, ['--ask', url]);
  await wait(500);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = performance.now();
  const streams = Array.from({ length: Number(flags.streams) }, (_, i) =>
    write(`Letter ${i}: the ferry came in late, and`, Number(flags.tokens), i),
  );
  await Promise.all([...streams, write(long, 4, 99)]);
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  asking.send('stop');
  const [answers] = await once(asking, 'message');
  server.close();
  await halfspace.dispose();
  const ms = (share) => delay.percentile(share) / 1e6;
  process.send({
    seconds,
    loop: { p50: ms(50), p99: ms(99), max: delay.max / 1e6 },
    health: { ...spread(answers), count: answers.length },
  });
  process.disconnect();
}

/** Three attributes of the model that is the default; random ones are no easier for a step, and other models have none. */
async function steering({ model }) {
  if (flags.plain) return { attributes: [], weights: {} };
  const found = await Promise.all([
    import('@halfspace/attribute-toxicity'),
    import('@halfspace/attribute-helpfulness'),
    import('@halfspace/attribute-truthfulness'),
  ]);
  const attributes = [found[0].nontoxic, found[1].helpful, found[2].truthful].filter(({ subspaces }) =>
    subspaces.some((subspace) => subspace.model === model.fingerprint),
  );
  return { attributes, weights: Object.fromEntries(attributes.map(({ name }) => [name, 1])) };
}

function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Lets servers with and without a worker take turns, each in a process of its own. */
async function compare() {
  const found = { worker: [], 'no worker': [] };
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const kind of Object.keys(found)) {
      const child = fork(import.meta.filename, [...process.argv.slice(2), '--serve', kind]);
      const [result] = await once(child, 'message');
      await once(child, 'exit');
      found[kind].push(result);
      if (!flags.json) process.stderr.write(`\rround ${round + 1}: ${kind}          `);
    }
  }
  if (flags.json) {
    console.log(JSON.stringify({ flags, found }));
    return;
  }
  process.stderr.write('\n');
  console.log(
    '| | loop p50 | p99 | max | health p50 | p99 | max | seconds |\n|---|---|---|---|---|---|---|---|',
  );
  for (const [kind, results] of Object.entries(found)) {
    const least = (of) => Math.min(...results.map(of)).toFixed(1);
    const cells = [
      ...['p50', 'p99', 'max'].map((name) => least(({ loop }) => loop[name])),
      ...['p50', 'p99', 'max'].map((name) => least(({ health }) => health[name])),
      least(({ seconds }) => seconds),
    ];
    console.log(`| ${[kind, ...cells].join(' | ')} |`);
  }
}
