import { execFileSync, spawn } from 'node:child_process';
import type * as FileSystem from 'node:fs/promises';
import { cp, mkdir, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { tinyGguf, tinyJson, tinyTensors, writeTinyDirectory } from '../testing/tiny-llama.js';
import { openModelFile, type ModelFile } from '../weights.js';
import { compileModel } from './compile.js';
import type { CompileOptions } from './graph-cache.js';

/** From the call on that brings `left` below zero, nothing can be written any more. */
const disk = vi.hoisted(() => ({ left: Infinity, error: 'ENOSPC', free: Infinity }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FileSystem>();
  const limited = <A extends unknown[], R>(run: (...args: A) => Promise<R>) =>
    async function (...args: A): Promise<R> {
      if (--disk.left < 0) throw Object.assign(new Error('injected'), { code: disk.error });
      return run(...args);
    };
  return {
    ...real,
    mkdir: limited(real.mkdir),
    writeFile: limited(real.writeFile),
    rename: limited(real.rename),
    statfs: async () => ({ bavail: disk.free, bsize: 1 }),
    async open(...args: Parameters<typeof real.open>) {
      const file = await real.open(...args);
      file.write = limited(file.write.bind(file)) as typeof file.write;
      file.truncate = limited(file.truncate.bind(file));
      return file;
    },
  };
});

const FILES = ['head.onnx', 'lower.onnx', 'manifest.json', 'upper.onnx', 'weights.bin'];
const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('compiling', () => {
  const directory = useTemporaryDirectory();
  const cache = () => join(directory.path, 'cache');
  const model = () => join(directory.path, 'tiny.gguf');
  beforeEach(async () => writeFile(model(), tinyGguf()));

  async function compile(options: Partial<CompileOptions> = {}, path = model()) {
    const file = await openModelFile(path);
    try {
      return await compileModel(file, { precision: 'f32', cache: cache(), ...options });
    } finally {
      await file.close();
    }
  }

  /** What is among the compiled models, whole or half. */
  const entries = async () => readdir(join(cache(), 'compiled')).catch((): string[] => []);

  async function onlyPlace(): Promise<string> {
    const found = await entries();
    expect(found).toHaveLength(1);
    return join(cache(), 'compiled', found[0]);
  }

  /** What the files of a compiled model hold, to be compared. */
  async function contents(place: string): Promise<string[]> {
    expect((await readdir(place)).sort()).toEqual(FILES);
    return Promise.all(
      FILES.map(async (name) =>
        createHash('sha256')
          .update(await readFile(join(place, name)))
          .digest('hex'),
      ),
    );
  }

  /** Runs a program with the built package; tells how it ended. */
  async function runElsewhere(program: string): Promise<number | NodeJS.Signals | null> {
    const script = `
      import { compileModel, openModelFile } from '@halfspace/model';
      const model = await openModelFile(${JSON.stringify(model())});
      const options = { precision: 'f32', cache: ${JSON.stringify(cache())} };
      ${program}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: PACKAGE,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return new Promise((resolve) => {
      child.on('exit', (status, signal) => resolve(signal ?? status));
    });
  }

  it('is done once, and shows how far it is', async () => {
    const shares: number[] = [];
    const first = await compile({ onProgress: (share) => shares.push(share) });
    expect(shares.length).toBeGreaterThan(5);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[0]).toBeGreaterThan(0);
    expect(shares.at(-1)).toBe(1);
    const place = await onlyPlace();
    expect(first).toMatchObject({
      lower: join(place, 'lower.onnx'),
      upper: join(place, 'upper.onnx'),
      head: join(place, 'head.onnx'),
    });
    const before = await contents(place);

    const onProgress = vi.fn();
    // Nothing is left to be stopped.
    expect(await compile({ onProgress, signal: AbortSignal.abort() })).toMatchObject({ lower: first.lower });
    expect(onProgress).not.toHaveBeenCalled();
    expect(await contents(await onlyPlace())).toEqual(before);
  });

  it('tells how many bytes it has written of how many, which are those of its files', async () => {
    const told: { done: number; total: number }[] = [];
    await compile({ precision: 'int8', onProgress: (_, bytes) => told.push(bytes) });
    const place = await onlyPlace();
    const sizes = FILES.filter((name) => name !== 'manifest.json').map(
      async (name) => (await stat(join(place, name))).size,
    );
    const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(new Set(told.map((each) => each.total))).toEqual(new Set([total]));
    expect(told.at(-1)).toEqual({ done: total, total });
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b));
  });

  it.each(['f32', 'int8'] as const)('in %s never holds a large matrix whole', async (precision) => {
    const tensors = tinyTensors();
    // More tokens than are read at once.
    const rows = 40_000;
    const data = new Uint8Array(rows * 34).map((_, index) => (index % 34 === 1 ? 0x20 : index & 63));
    tensors[0] = { ...tensors[0], shape: [rows, 32], data };
    await writeFile(model(), tinyGguf({ tensors }));
    const file = await openModelFile(model());
    const numbers: number[] = [];
    const whole: string[] = [];
    const watched: ModelFile = {
      ...file,
      async readF32(name) {
        whole.push(name);
        return file.readF32(name);
      },
      async readRows(name, from, count) {
        numbers.push(count * 32);
        return file.readRows(name, from, count);
      },
    };
    await compileModel(watched, { precision, cache: cache() });
    await file.close();
    expect(whole.filter((name) => !name.includes('norm'))).toEqual([]);
    expect(Math.max(...numbers)).toBe(2 ** 19);
  });

  it('is done anew for another precision, other weights and another configuration', async () => {
    const places = new Set<string>();
    const add = async (...args: Parameters<typeof compile>) => places.add((await compile(...args)).lower);
    await add();
    await add({ precision: 'int8' });
    const tensors = tinyTensors();
    tensors[0].data[5] ^= 1;
    await writeFile(model(), tinyGguf({ tensors }));
    await add();
    const safetensors = join(directory.path, 'model');
    for (const epsilon of [1e-5, 1e-6]) {
      const json = tinyJson();
      json.config['rms_norm_eps'] = epsilon;
      await writeTinyDirectory(safetensors, json);
      await add({}, safetensors);
    }
    expect(places.size).toBe(5);
    expect(await entries()).toHaveLength(5);
  });

  it.each([1, 2, 7, 10])('that is aborted at step %i leaves nothing, and can be done again', async (step) => {
    const controller = new AbortController();
    let steps = 0;
    const onProgress = () => void (++steps === step && controller.abort());
    await expect(compile({ signal: controller.signal, onProgress })).rejects.toThrow(code('aborted'));
    expect(steps).toBe(step);
    expect(await entries()).toEqual([]);
    await compile();
    await contents(await onlyPlace());
  });

  it('that is aborted before it begins does not begin', async () => {
    await expect(compile({ signal: AbortSignal.abort() })).rejects.toThrow(code('aborted'));
    expect(await entries()).toEqual([]);
  });

  it('whose listener throws leaves nothing', async () => {
    const onProgress = () => {
      throw new RangeError('from the listener');
    };
    await expect(compile({ onProgress })).rejects.toThrow(RangeError);
    expect(await entries()).toEqual([]);
  });

  it.each([
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EROFS', 'cache-not-writable'],
  ])('leaves nothing, whichever write fails with %s', async (error, expected) => {
    disk.error = error;
    let writes = 0;
    for (let failed = true; failed;) {
      disk.left = writes;
      const found = await compile().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      failed = disk.left < 0;
      disk.left = Infinity;
      if (found !== undefined) {
        expect(found, `write ${writes}`).toEqual(code(expected));
        expect(await entries(), `write ${writes}`).toEqual([]);
      }
      writes++;
    }
    expect(writes).toBeGreaterThan(14);
    await contents(await onlyPlace());
  });

  const hasLimits = process.platform === 'linux' && runs('prlimit', '--version');
  it.skipIf(!hasLimits)(
    'leaves nothing when the system lets the file grow no further (on Linux with prlimit)',
    async () => {
      const limit = (size: number | 'unlimited') =>
        execFileSync('prlimit', ['--pid', `${process.pid}`, `--fsize=${size}:`]);
      limit(50_000);
      try {
        await expect(compile()).rejects.toThrow(code('disk-full'));
      } finally {
        limit('unlimited');
      }
      expect(await entries()).toEqual([]);
      await compile();
      await contents(await onlyPlace());
    },
  );

  it('is not begun where there is too little room for the whole', async () => {
    let total = 0;
    await compile({ onProgress: (_, bytes) => (total = bytes.total) });
    await rm(cache(), { recursive: true });
    const onProgress = vi.fn();
    disk.free = total - 1;
    try {
      await expect(compile({ onProgress })).rejects.toThrow(code('disk-full'));
      await expect(compile({ onProgress })).rejects.toThrow(/^tiny in f32 takes .* GB, and .* are free/);
      expect(onProgress).not.toHaveBeenCalled();
      expect(await entries()).toEqual([]);
      disk.free = total;
      await compile();
    } finally {
      disk.free = Infinity;
    }
    // What is there needs no room.
    disk.free = 0;
    await compile().finally(() => (disk.free = Infinity));
  });

  it('goes nowhere when the cache is a file', async () => {
    await writeFile(join(directory.path, 'file'), 'in the way');
    await expect(compile({ cache: join(directory.path, 'file') })).rejects.toThrow(
      code('cache-not-writable'),
    );
  });

  const flip = async (path: string) => {
    const bytes = await readFile(path);
    bytes[bytes.length >> 1] ^= 1;
    await writeFile(path, bytes);
  };
  const damages: Readonly<Record<string, (path: string) => Promise<void>>> = {
    'is missing': async (path) => rm(path),
    'is empty': async (path) => truncate(path, 0),
    'lacks its end': async (path) => truncate(path, (await stat(path)).size - 1),
    'has a flipped bit': flip,
    'goes on too long': async (path) => writeFile(path, 'more', { flag: 'a' }),
    'is a directory': async (path) => {
      await rm(path);
      await mkdir(path);
    },
  };
  it.each(
    FILES.flatMap((file) => Object.entries(damages).map(([how, damage]) => [file, how, damage] as const)),
  )('is done again when its %s %s', async (file, _, damage) => {
    await compile();
    const place = await onlyPlace();
    const before = await contents(place);
    await damage(join(place, file));
    await compile();
    expect(await contents(await onlyPlace())).toEqual(before);
  });

  it('is done again when its place is empty or a file', async () => {
    await compile();
    const place = await onlyPlace();
    const before = await contents(place);
    await rm(place, { recursive: true });
    await mkdir(place);
    await compile();
    expect(await contents(await onlyPlace())).toEqual(before);
    await rm(place, { recursive: true });
    await writeFile(place, 'in the way');
    await compile();
    expect(await contents(await onlyPlace())).toEqual(before);
  });

  it('is not done again when the cache was moved to another disk', async () => {
    await compile();
    await cp(cache(), join(directory.path, 'moved'), { recursive: true });
    const onProgress = vi.fn();
    await compile({ cache: join(directory.path, 'moved'), onProgress });
    expect(onProgress).not.toHaveBeenCalled();
  });

  it('several times at once comes to the same, from nothing and over a damaged one', async () => {
    const atOnce = async () => Promise.all(Array.from({ length: 4 }, async () => compile()));
    const [first, ...others] = await atOnce();
    for (const other of others) expect(other.lower).toBe(first.lower);
    const before = await contents(await onlyPlace());
    await flip(join(await onlyPlace(), 'weights.bin'));
    await atOnce();
    expect(await contents(await onlyPlace())).toEqual(before);
  });

  it('in several processes at once comes to the same', async () => {
    const program = 'await compileModel(model, options); await model.close();';
    const ended = await Promise.all([runElsewhere(program), runElsewhere(program), compile()]);
    expect(ended.slice(0, 2)).toEqual([0, 0]);
    await contents(await onlyPlace());
  });

  it('that was killed is done again, and what it left is removed', async () => {
    const killed = await runElsewhere(
      "await compileModel(model, { ...options, onProgress: () => process.kill(process.pid, 'SIGKILL') });",
    );
    expect(killed).toBe('SIGKILL');
    expect(await entries()).toEqual([expect.stringMatching(/\.partial$/)]);
    await compile();
    expect(await entries()).toEqual([expect.not.stringMatching(/\.partial$/)]);
    await contents(await onlyPlace());
  });

  it('that was killed at any moment is never taken for a model', async () => {
    for (let round = 0; round < 4; round++) {
      const moment = Math.floor(Math.random() * 12);
      // At a step of it, or while the files are flushed and named.
      const program = `
        let steps = 0;
        const kill = () => process.kill(process.pid, 'SIGKILL');
        const onProgress = (share) => {
          if (share === 1) setTimeout(kill, ${moment});
          else if (${round % 2} === 0 && ++steps > ${moment}) kill();
        };
        await compileModel(model, { ...options, onProgress });
        kill();`;
      expect(await runElsewhere(program)).toBe('SIGKILL');
      const whole = (await entries()).filter((name) => !name.endsWith('.partial'));
      for (const name of whole) await contents(join(cache(), 'compiled', name));
      await compile();
      const place = await onlyPlace();
      const made = await contents(place);
      await rm(place, { recursive: true });
      await compile();
      expect(await contents(place), `round ${round}, moment ${moment}`).toEqual(made);
      await rm(place, { recursive: true });
    }
  });

  it.each(tinyTensors().map(({ name }) => name))(
    'is refused when %s is not finite, and leaves nothing',
    async (name) => {
      const tensors = tinyTensors();
      const { type, data } = tensors.find((each) => each.name === name) ?? tensors[0];
      // A quiet NaN: as the scale of the last block of eight-bit numbers, or as the last number.
      if (type === 8) Buffer.from(data.buffer, data.byteOffset).writeUInt16LE(0x7e00, data.length - 34);
      else Buffer.from(data.buffer, data.byteOffset).writeFloatLE(NaN, data.length - 4);
      await writeFile(model(), tinyGguf({ tensors }));
      const failed = compile();
      await expect(failed).rejects.toThrow(code('corrupt-model'));
      await expect(failed).rejects.toThrow(`The tensor ${name} of tiny holds numbers that are not finite`);
      expect(await entries()).toEqual([]);
    },
  );
});

function runs(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
