// What models of published shapes cost to compile and to run: time, memory, disk. See README.md here.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SHAPES, writeModel } from './synthetic-model.mjs';

const { values: flags } = parseArgs({
  options: {
    shapes: { type: 'string', default: 'llama-3.2-1b' },
    format: { type: 'string', default: 'Q4_K' },
    precision: { type: 'string', default: 'int8' },
    threads: { type: 'string', default: '2' },
    tokens: { type: 'string', default: '8' },
    directory: { type: 'string' },
    json: { type: 'boolean' },
    phase: { type: 'string' },
  },
});
const [threads, tokens] = [flags.threads, flags.tokens].map(Number);
const { precision } = flags;
if (precision === 'int4' && flags.format !== 'Q4_K')
  throw new Error(`Weights of the format ${flags.format} are not in four bits: take the precision int8.`);

/** Seconds of processor time since `before`, of all threads. */
function spent(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Bytes by a word of a file in /proc/self; NaN where there is none. */
async function proc(file, word) {
  const text = await readFile(`/proc/self/${file}`, 'utf8').catch(() => '');
  return Number(new RegExp(`^${word}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? NaN) * 1024;
}

/** The most memory that this process had, and what it has of its own and of files. */
async function memory() {
  return {
    peak: await proc('status', 'VmHWM'),
    resident: await proc('smaps_rollup', 'Rss'),
    anonymous: await proc('smaps_rollup', 'Anonymous'),
  };
}

/** Rows that differ in a letter: what is learned from them means nothing. */
function rows() {
  return Array.from({ length: 40 }, (_, index) => {
    const label = index % 2;
    const response = `${label === 1 ? 'the a' : 'to in'} ${'etaoin'[index % 6]}`;
    return { prompt: '', response, label, group: `${index}` };
  });
}

const PHASES = {
  async write(path, shape) {
    await writeModel(path, shape, flags.format);
    return {};
  },
  async compile(path) {
    const { cacheDirectory, compileModel, openModelFile } = await import('@halfspace/model');
    const model = await openModelFile(path);
    const { peak: before } = await memory();
    const start = process.cpuUsage();
    let bytes = 0;
    const onProgress = (_, { total }) => (bytes = total);
    await compileModel(model, { precision, cache: cacheDirectory(), onProgress });
    const seconds = spent(start);
    await model.close();
    return { seconds, peakBefore: before, peak: (await memory()).peak, bytes };
  },
  async use(path) {
    const { createOnnxBackend } = await import('@halfspace/backend-onnx');
    const { createHalfspace } = await import('@halfspace/core');
    const { attributeOf, fitSubspace } = await import('@halfspace/subspace');
    const base = (await memory()).resident;
    const loading = process.cpuUsage();
    const backend = await createOnnxBackend({ model: path, precision, threads });
    const loaded = { seconds: spent(loading), ...(await memory()) };
    const endless = { ...backend, tokenizer: { ...backend.tokenizer, endTokens: new Set() } };
    const plain = await createHalfspace({ backend: endless });
    const generate = async (halfspace, more) => {
      const start = process.cpuUsage();
      const wall = performance.now();
      await halfspace.generate({ prompt: 'the a to', maxTokens: tokens, seed: 1, ...more });
      return { processor: (spent(start) / tokens) * 1e3, wall: (performance.now() - wall) / tokens };
    };
    // The first call sets up buffers.
    await generate(plain, { maxTokens: 1 });
    const decoding = await generate(plain);
    const decoded = await memory();
    const attribute = { attribute: 'none', layer: backend.model.cut, force: true, estimator: 'shrinkage' };
    const artifact = await fitSubspace(backend, rows(), attribute);
    const steered = await createHalfspace({ backend: endless, attributes: [attributeOf(artifact)] });
    const { probability } = await steered.score({ prompt: 'the a', response: ' to in', measure: ['none'] });
    const steering = await generate(steered, { weights: { none: 2 } });
    const end = await memory();
    await backend.dispose();
    return { base, loaded, decoding, decoded, steering, end, scored: Number.isFinite(probability.none) };
  },
};

/** Runs a phase in a process of its own, whose memory is that of the phase. */
async function inChild(phase, path, shape, cache) {
  const words = ['--phase', phase, '--shapes', shape, '--directory', path];
  const passed = ['format', 'precision', 'threads', 'tokens'].flatMap((name) => [`--${name}`, flags[name]]);
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...words, ...passed], {
    env: { ...process.env, HALFSPACE_CACHE: cache },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  if (text === '') throw new Error(`The phase "${phase}" of ${shape} failed.`);
  return JSON.parse(text);
}

/** Bytes of a model: of a file, or of those of a directory. */
async function sizeOf(path) {
  const found = await stat(path);
  if (!found.isDirectory()) return found.size;
  const sizes = (await readdir(path)).map(async (name) => (await stat(join(path, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

const gb = (bytes) => `${(bytes / 1e9).toFixed(2)} GB`;

function report({ shape, file, compile, use }) {
  const { decoding, decoded, loaded, steering, base } = use;
  return [
    `${shape}: file ${gb(file)}, graphs ${gb(compile.bytes)}`,
    `  compiled in ${compile.seconds.toFixed(1)} s of processor time, peak ${gb(compile.peak)} (${gb(compile.peakBefore)} before)`,
    `  loaded in ${loaded.seconds.toFixed(1)} s of processor time, peak ${gb(loaded.peak)}`,
    `  decoding: ${decoding.processor.toFixed(0)} ms of processor time a token (${decoding.wall.toFixed(0)} ms by the clock), steered ${steering.processor.toFixed(0)}`,
    `  memory while decoding ${gb(decoded.resident)}, of its own ${gb(decoded.anonymous)}: ${((decoded.resident - base) / compile.bytes).toFixed(2)} times the graphs`,
    `  fitted, scored: ${use.scored ? 'yes' : 'no'}; peak of all ${gb(use.end.peak)}`,
  ].join('\n');
}

if (flags.phase !== undefined) {
  console.log(JSON.stringify(await PHASES[flags.phase](flags.directory, flags.shapes)));
} else {
  const names = flags.shapes === 'all' ? Object.keys(SHAPES) : flags.shapes.split(',');
  for (const name of names)
    if (SHAPES[name] === undefined)
      throw new Error(`There is no shape ${name}: ${Object.keys(SHAPES).join(', ')}, all.`);
  const root = flags.directory ?? (await mkdtemp(join(tmpdir(), 'halfspace-sizes-')));
  await mkdir(root, { recursive: true });
  for (const shape of names) {
    const ending = flags.format === 'safetensors' ? '' : '.gguf';
    const [path, cache] = [join(root, `${shape}${ending}`), join(root, 'cache')];
    try {
      await inChild('write', path, shape, cache);
      const size = await sizeOf(path);
      const compile = await inChild('compile', path, shape, cache);
      const use = await inChild('use', path, shape, cache);
      const found = { shape, format: flags.format, precision, threads, file: size, compile, use };
      console.log(flags.json ? JSON.stringify(found) : report(found));
    } finally {
      await rm(path, { recursive: true, force: true });
      await rm(cache, { recursive: true, force: true });
    }
  }
  if (flags.directory === undefined) await rm(root, { recursive: true });
}
