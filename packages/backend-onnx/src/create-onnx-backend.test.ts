import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheDirectory } from '@halfspace/model';
import { InferenceSession } from '@halfspace/onnx-runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tinyGguf } from '../../model/src/testing/tiny-llama.js';
import { fourBitGguf } from './testing/four-bit-model.js';
import { createOnnxBackend, type OnnxBackendOptions } from './create-onnx-backend.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });

let directory: string;
let model: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-'));
  vi.stubEnv('HALFSPACE_CACHE', join(directory, 'cache'));
  model = join(directory, 'tiny.gguf');
  await writeFile(model, tinyGguf());
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

it('renders conversations by the chat template that it is given', async () => {
  await using backend = await createOnnxBackend({
    model,
    precision: 'f32',
    chatTemplate: '> {{ messages[0].content }}',
  });
  expect(backend.tokenizer.renderChat([{ role: 'user', content: 'hi' }])).toBe('> hi');
  const bad = createOnnxBackend({ model, precision: 'f32', chatTemplate: '{{' });
  await expect(bad).rejects.toThrow(code('bad-chat-template'));
});

/** Opens the tiny model, asks it something, and counts how often it was compiled. */
async function ask(options: OnnxBackendOptions = {}) {
  let compiled = 0;
  const backend = await createOnnxBackend({
    model,
    threads: 1,
    onProgress: (progress) => {
      if (progress.phase === 'compile' && progress.done === progress.total) compiled++;
    },
    ...options,
  });
  try {
    return { logProbs: await backend.logProbs([1, 2, 3]), compiled };
  } finally {
    await backend.dispose();
  }
}

async function onlyFileOf(name: string): Promise<string> {
  const place = join(cacheDirectory(), name);
  const files = await readdir(place);
  expect(files).toHaveLength(1);
  return join(place, files[0] ?? '');
}

it('may be refused once it is found, before anything is compiled', async () => {
  const onFound = vi.fn(() => {
    throw new Error('not this one');
  });
  const onProgress = vi.fn();
  await expect(createOnnxBackend({ model, threads: 1, onFound, onProgress })).rejects.toThrow('not this one');
  const { fingerprint } = await createOnnxBackend({ model, threads: 1, precision: 'f32' }).then(
    async (backend) => {
      await backend.dispose();
      return backend.model;
    },
  );
  expect(onFound).toHaveBeenCalledWith({ name: 'tiny', fingerprint });
  expect(onProgress).not.toHaveBeenCalled();
});

describe('measured costs', () => {
  it('are kept, and used the next time', async () => {
    await ask();
    const file = await onlyFileOf('measured');
    const kept = JSON.parse(await readFile(file, 'utf8')) as Record<string, number[]>;
    expect(Object.keys(kept).sort()).toEqual(['f32', 'int8']);
    // Were they measured again, they would be written again.
    const marked = { f32: kept['f32']?.map(() => 1), int8: kept['int8']?.map(() => 2) };
    await writeFile(file, JSON.stringify(marked));
    await ask();
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(marked);
  });

  it.each([
    ['empty', ''],
    ['half written', '{"f32":[1,2,3,4,5,6],"int8":[1,2'],
    ['of something else', '{"name":"halfspace"}'],
    ['no object', 'null'],
    ['too short', '{"f32":[1,2],"int8":[1,2]}'],
    ['nonsense', '{"f32":[1,2,3,4,5,-6],"int8":[1,2,3,4,5,"6"]}'],
  ])('that are %s are measured again', async (_, content) => {
    await ask();
    const file = await onlyFileOf('measured');
    await writeFile(file, content);
    await ask();
    const measured = JSON.parse(await readFile(file, 'utf8')) as Record<string, number[]>;
    expect(measured['f32']).toHaveLength(6);
    expect(measured['int8']?.every((cost) => cost > 0)).toBe(true);
  });

  it('that cannot be kept cost time only', async () => {
    await ask();
    const file = await onlyFileOf('measured');
    await rm(file);
    // A directory is in the way, so that the file cannot take its place.
    await mkdir(join(file, 'in-the-way'), { recursive: true });
    expect((await ask()).logProbs).toHaveLength(2);
    expect(await readdir(dirname(file))).toHaveLength(1);
  });

  it('are of a sample, so that no more is compiled than what is used', async () => {
    await ask();
    await onlyFileOf('compiled');
    expect((await readdir(cacheDirectory())).filter((name) => name.startsWith('sample'))).toEqual([]);
  });

  it('choose four bits where the file has them, and choose them again', async () => {
    await writeFile(
      model,
      fourBitGguf(() => 'Q4_0'),
    );
    await ask();
    const file = await onlyFileOf('measured');
    const kept = JSON.parse(await readFile(file, 'utf8')) as Record<string, number[]>;
    expect(Object.keys(kept).sort()).toEqual(['f32', 'int4', 'int8']);
    await writeFile(file, JSON.stringify({ ...kept, int4: kept['int4']?.map(() => 1e-3) }));
    await rm(join(cacheDirectory(), 'compiled'), { recursive: true });
    await ask();
    expect(await onlyFileOf('compiled')).toMatch(/int4/);
  });

  it('are not needed when the precision is given', async () => {
    await ask({ precision: 'int8' });
    await expect(readdir(join(cacheDirectory(), 'measured'))).rejects.toThrow('ENOENT');
  });
});

describe('a compiled graph that does not load', () => {
  it('is made again, once', async () => {
    const first = await ask({ precision: 'f32' });
    const graph = join(await onlyFileOf('compiled'), 'lower.onnx');
    const { atime, mtime, size } = await stat(graph);
    // Same size and time, so that the cache has no reason to look at the content.
    const file = await open(graph, 'r+');
    await file.write(Buffer.alloc(size, 0xff), 0, size, 0);
    await file.close();
    await utimes(graph, atime, mtime);
    const second = await ask({ precision: 'f32' });
    expect(second).toEqual(first);
    expect(second.compiled).toBe(1);
    expect((await ask({ precision: 'f32' })).compiled).toBe(0);
  });

  it('is made again where what is remembered of it hides the damage', async () => {
    const first = await ask({ precision: 'f32' });
    const place = await onlyFileOf('compiled');
    const graph = join(place, 'lower.onnx');
    const manifest = JSON.parse(await readFile(join(place, 'manifest.json'), 'utf8')) as Record<
      string,
      string
    >;
    await writeFile(graph, Buffer.alloc((await stat(graph)).size, 0xff));
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(graph, { bigint: true });
    const memo = join(cacheDirectory(), 'fingerprints', [dev, ino, size, mtimeNs, ctimeNs].join('-'));
    await mkdir(dirname(memo), { recursive: true });
    await writeFile(memo, manifest['lower.onnx']);
    expect(await ask({ precision: 'f32' })).toEqual(first);
  });

  it.each([
    ['out-of-memory', 'Exception during initialization: std::bad_alloc'],
    ['out-of-memory', 'Failed to allocate memory for requested buffer of size 1024'],
    ['backend-failed', 'This build has no such operator'],
  ])('for another reason stays as it is (%s: %s)', async (expected, message) => {
    await ask({ precision: 'f32' });
    const place = await onlyFileOf('compiled');
    const before = await stat(join(place, 'weights.bin'));
    let compiled = 0;
    const create = vi.spyOn(InferenceSession, 'create').mockRejectedValue(new Error(message));
    const onProgress = () => void compiled++;
    const options = { model, precision: 'f32', worker: false, onProgress } as const;
    await expect(createOnnxBackend(options)).rejects.toThrow(code(expected));
    create.mockRestore();
    expect(compiled).toBe(0);
    expect((await stat(join(place, 'weights.bin'))).ino).toBe(before.ino);
    expect((await ask({ precision: 'f32' })).compiled).toBe(0);
  });

  it('for want of memory is not loaded at all', async () => {
    await ask({ precision: 'f32' });
    const place = await onlyFileOf('compiled');
    // A hole of a terabyte: nothing has so much memory, and the disk need not have it.
    const file = await open(join(place, 'large'), 'w');
    await file.truncate(2 ** 40);
    await file.close();
    const create = vi.spyOn(InferenceSession, 'create');
    const refused = createOnnxBackend({ model, precision: 'f32', worker: false });
    if (process.platform === 'linux') {
      await expect(refused).rejects.toThrow(/needs 1099.51 GB of memory at least/);
      await expect(refused).rejects.toThrow(code('out-of-memory'));
      expect(create).not.toHaveBeenCalled();
    } else await (await refused).dispose();
    create.mockRestore();
    expect(await readdir(place)).toContain('lower.onnx');
  });

  it('and is noticed to be shorter is made again, too', async () => {
    const first = await ask({ precision: 'f32' });
    await truncate(join(await onlyFileOf('compiled'), 'weights.bin'), 100);
    expect(await ask({ precision: 'f32' })).toEqual(first);
  });
});

describe('options', () => {
  it.each([0, -1, 1.5, NaN, Infinity])('refuses %s threads before any work', async (threads) => {
    await expect(createOnnxBackend({ model, threads })).rejects.toThrow(code('bad-option'));
    await expect(readdir(cacheDirectory())).rejects.toThrow('ENOENT');
  });

  it('uses no more threads than there are cores', async () => {
    const create = vi.spyOn(InferenceSession, 'create');
    await ask({ precision: 'f32', threads: 1000, worker: false });
    const used = create.mock.calls.map(
      ([, options]) => (options as { intraOpNumThreads: number }).intraOpNumThreads,
    );
    create.mockRestore();
    expect(used).toEqual([1, 2, 3].map(() => availableParallelism()));
  });

  it('tells that it measures', async () => {
    const shares: number[] = [];
    const onProgress: OnnxBackendOptions['onProgress'] = ({ phase, done }) =>
      phase === 'measure' && shares.push(done);
    await ask({ onProgress });
    expect(shares.length).toBeGreaterThan(2);
    expect(shares.at(-1)).toBe(1);
    await ask({ onProgress: ({ phase }) => expect(phase).not.toBe('measure') });
  });

  it('refuses keys and values in what is none', async () => {
    const kvCache = 'f8' as 'f16';
    await expect(createOnnxBackend({ model, kvCache })).rejects.toThrow(code('bad-option'));
  });

  it('keeps keys and values in 16 bits, unless it is asked for f32', async () => {
    const bytes = async (options: Parameters<typeof createOnnxBackend>[0]) => {
      const backend = await createOnnxBackend({ model, threads: 1, worker: false, ...options });
      const [prefill] = await backend.prefill([{ tokens: [5, 6, 7], rowsPerStep: 1 }]);
      if (prefill !== undefined) backend.release(prefill.context);
      const { bytes: found } = backend.cacheStats();
      await backend.dispose();
      return found;
    };
    const wide = await bytes({ precision: 'f32' });
    expect(await bytes({ precision: 'int8' })).toBeLessThan(wide);
    expect(await bytes({ precision: 'f32', kvCache: 'f16' })).toBe(await bytes({ precision: 'int8' }));
    expect(await bytes({ precision: 'int8', kvCache: 'f32' })).toBe(wide);
  });

  it('refuses a precision that is none', async () => {
    const precision = 'int2' as 'int8';
    await expect(createOnnxBackend({ model, precision })).rejects.toThrow(code('bad-option'));
  });

  it.each([1, 0, 'yes'])('refuses %s for whether there is a worker', async (worker) => {
    const options = { model, worker } as unknown as OnnxBackendOptions;
    await expect(createOnnxBackend(options)).rejects.toThrow(code('bad-option'));
    await expect(readdir(cacheDirectory())).rejects.toThrow('ENOENT');
  });

  it('gives the same in one thread and in two', async () => {
    const [one, two] = [
      await ask({ precision: 'f32', threads: 1 }),
      await ask({ precision: 'f32', threads: 2 }),
    ];
    expect(two.logProbs).toEqual(one.logProbs);
  });

  it('stops for an aborted signal and leaves no half-made graphs', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    await expect(createOnnxBackend({ model, signal: controller.signal, onProgress })).rejects.toThrow(
      code('aborted'),
    );
    const left = await readdir(join(cacheDirectory(), 'compiled')).catch(() => []);
    expect(left.filter((name) => name.includes('partial'))).toEqual([]);
    expect((await ask()).logProbs).toHaveLength(2);
  });
});

it('is freed at the end of a block that has it by `await using`', async () => {
  let kept: Awaited<ReturnType<typeof createOnnxBackend>>;
  {
    await using backend = await createOnnxBackend({ model, threads: 1, precision: 'f32' });
    kept = backend;
    expect(await backend.logProbs([1, 2, 3])).toHaveLength(2);
  }
  await expect(kept.logProbs([1, 2, 3])).rejects.toMatchObject({ code: 'disposed' });
});
