import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  open,
  readFile,
  readdir,
  readlink,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  array,
  ggufBytes,
  i32,
  text,
  u16,
  u32,
  u64,
  type GgufTensor,
  type GgufValue,
} from './testing/gguf-bytes.js';
import { damaged, refusalOf } from './testing/hostile.js';
import { safetensorsBytes } from './testing/safetensors-bytes.js';
import { useTemporaryDirectory } from './testing/temporary.js';
import { openModelFile } from './weights.js';

const UNTIED = fileURLToPath(new URL('../../backend-onnx/fixtures/untied', import.meta.url));
const F32 = 0;
const numbers = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const GGUF = ggufBytes({
  metadata: { 'general.name': text('tiny'), list: array([u32(1), u32(2)]) },
  tensors: [
    { name: 'a', shape: [2, 2], type: F32, data: numbers(1, 2, 3, 4) },
    { name: 'b', shape: [8], type: F32, data: numbers(5, 6, 7, 8, 9, 10, 11, 12) },
  ],
});
const code = (expected: string) => expect.objectContaining({ code: expected });

/** Opens a model, reads every tensor and gives it back. */
async function readAll(path: string): Promise<Map<string, Float32Array>> {
  const model = await openModelFile(path);
  try {
    const read = new Map<string, Float32Array>();
    for (const name of model.tensors.keys()) read.set(name, await model.readF32(name));
    return read;
  } finally {
    await model.close();
  }
}

/** Handles that this process has open on files of a directory. */
async function openHandles(directory: string): Promise<number> {
  const links = await readdir('/proc/self/fd');
  const targets = await Promise.all(
    links.map(async (link) => readlink(`/proc/self/fd/${link}`).catch(() => '')),
  );
  return targets.filter((target) => target.startsWith(directory)).length;
}

describe('a GGUF file', () => {
  const directory = useTemporaryDirectory();

  it('is opened, read and given back', async () => {
    const path = join(directory.path, 'tiny.gguf');
    await writeFile(path, GGUF);
    const model = await openModelFile(path);
    expect(model).toMatchObject({ format: 'gguf', name: 'tiny', path });
    expect(model.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect([...(await model.readF32('a'))]).toEqual([1, 2, 3, 4]);
    expect([...(await model.readF32('b'))]).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
    await expect(model.readF32('c')).rejects.toThrow(code('unknown-tensor'));
    await model.close();
    await model.close();
    await expect(model.readF32('a')).rejects.toThrow(code('closed-model'));
  });

  it('is read or refused, however it is damaged, and no handle stays open', async () => {
    const path = join(directory.path, 'damaged.gguf');
    await fc.assert(
      fc.asyncProperty(damaged(GGUF), async (bytes) => {
        await writeFile(path, bytes);
        await refusalOf(readAll(path));
      }),
      { seed: 5, numRuns: 500 },
    );
    if (process.platform === 'linux') expect(await openHandles(directory.path)).toBe(0);
  });

  it('is refused when it is cut short or goes on too long', async () => {
    const path = join(directory.path, 'tiny.gguf');
    for (const length of [0, 3, 100, GGUF.length - 1]) {
      await writeFile(path, GGUF.subarray(0, length));
      await expect(openModelFile(path)).rejects.toThrow(code('corrupt-model'));
    }
    await writeFile(path, Buffer.concat([GGUF, Buffer.alloc(1000)]));
    await expect(openModelFile(path)).rejects.toThrow(/goes on for 1000 bytes/);
  });

  it('that is cut short after it was opened says so', async () => {
    const path = join(directory.path, 'tiny.gguf');
    await writeFile(path, GGUF);
    const model = await openModelFile(path);
    await truncate(path, GGUF.length - 4);
    await expect(model.readF32('b')).rejects.toThrow(code('corrupt-model'));
    expect([...(await model.readF32('a'))]).toEqual([1, 2, 3, 4]);
    await model.close();
  });

  it('gives some rows of a tensor as they are in the whole', async () => {
    const path = join(directory.path, 'rows.gguf');
    const q8 = Uint8Array.from({ length: 6 * 2 * 34 }, (_, index) => (index % 34 === 1 ? 0x20 : index));
    const tensors = [
      { name: 'q8', shape: [2, 3, 64], type: 8, data: q8 },
      { name: 'odd', shape: [2, 2], type: F32, data: numbers(1, 2, 3, NaN) },
    ];
    await writeFile(path, ggufBytes({ tensors }));
    const model = await openModelFile(path);
    const all = await model.readF32('q8');
    expect(await model.readRows('q8', 0, 6)).toEqual(all);
    expect(await model.readRows('q8', 2, 3)).toEqual(all.slice(128, 320));
    expect(await model.readRows('q8', 6, 0)).toHaveLength(0);
    for (const [from, count] of [
      [5, 2],
      [-1, 1],
      [0, 7],
      [NaN, 1],
    ])
      await expect(model.readRows('q8', from, count)).rejects.toThrow(RangeError);
    expect([...(await model.readRows('odd', 0, 1))]).toEqual([1, 2]);
    await expect(model.readRows('odd', 1, 1)).rejects.toThrow(code('corrupt-model'));
    await expect(model.readRows('none', 0, 1)).rejects.toThrow(code('unknown-tensor'));
    await model.close();
    await expect(model.readRows('q8', 0, 1)).rejects.toThrow(code('closed-model'));
  });

  it('is read beyond what is looked at first', async () => {
    const path = join(directory.path, 'long.gguf');
    const long = 'x'.repeat(20_000_000);
    await writeFile(path, ggufBytes({ metadata: { long: text(long), short: text('y') } }));
    const model = await openModelFile(path);
    expect(model.metadata.get('short')).toBe('y');
    await model.close();
    // It has no tensors, and is closed all the same.
    if (process.platform === 'linux') expect(await openHandles(directory.path)).toBe(0);
  });

  it('of gigabytes with a header that never ends is refused before much is read', async () => {
    const path = join(directory.path, 'endless.gguf');
    const size = 8 * 2 ** 30;
    await writeFile(path, ggufBytes({ metadata: { key: { type: 8, body: u64(BigInt(size - 1000)).body } } }));
    const file = await open(path, 'r+');
    // No bytes are written: the file has a hole.
    await file.truncate(size);
    await file.close();
    await expect(openModelFile(path)).rejects.toThrow(/header of the GGUF file is longer/);
    expect(process.memoryUsage().rss).toBeLessThan(2 ** 30);
  });

  it.each([NaN, Infinity, -Infinity])(
    'with a weight of %s is refused, and the tensor named',
    async (value) => {
      const path = join(directory.path, 'odd.gguf');
      const tensors = [{ name: 'odd', shape: [3], type: F32, data: numbers(1, value, 3) }];
      await writeFile(path, ggufBytes({ tensors }));
      const model = await openModelFile(path);
      await expect(model.readF32('odd')).rejects.toThrow(/tensor odd/);
      await expect(model.readF32('odd')).rejects.toThrow(code('corrupt-model'));
      await model.close();
    },
  );

  it('that holds integers does not pass them off as weights', async () => {
    const path = join(directory.path, 'integers.gguf');
    await writeFile(
      path,
      ggufBytes({ tensors: [{ name: 'a', shape: [4], type: 24, data: new Uint8Array(4) }] }),
    );
    const model = await openModelFile(path);
    await expect(model.readF32('a')).rejects.toThrow(code('unsupported-model'));
    await model.close();
  });
});

describe('a GGUF file that is split', () => {
  const directory = useTemporaryDirectory();
  const names = [1, 2, 3].map((part) => `big-0000${part}-of-00003.gguf`);
  const tensor = (name: string, ...values: number[]) => ({
    name,
    shape: [values.length],
    type: 0,
    data: new Uint8Array(Float32Array.from(values).buffer),
  });
  const part = (no: number, tensors: GgufTensor[], more: Record<string, GgufValue> = {}) =>
    ggufBytes({
      metadata: { 'split.no': u16(no), 'split.count': u16(3), 'split.tensors.count': i32(3), ...more },
      tensors,
    });
  // As llama-gguf-split writes it where the first part shall have no tensors.
  const parts = () => [
    part(0, [], { 'general.architecture': text('llama') }),
    part(1, [tensor('a', 1, 2), tensor('b', 3)]),
    part(2, [tensor('c', 4)]),
  ];
  const write = async (files: readonly Uint8Array[]) => {
    for (const [at, bytes] of files.entries()) await writeFile(join(directory.path, names[at]), bytes);
  };
  const open = async (name: string) => openModelFile(join(directory.path, name));

  it('is one model, whichever part is named', async () => {
    await write(parts());
    const prints = parts().map((bytes) => createHash('sha256').update(bytes).digest('hex'));
    for (const name of names) {
      const model = await open(name);
      expect(model).toMatchObject({ name: 'big', format: 'gguf', path: join(directory.path, names[0]) });
      expect(model.fingerprint).toBe(createHash('sha256').update(prints.join('')).digest('hex'));
      expect(model.metadata.get('general.architecture')).toBe('llama');
      expect([...model.tensors.keys()]).toEqual(['a', 'b', 'c']);
      expect([...(await model.readF32('a')), ...(await model.readF32('c'))]).toEqual([1, 2, 4]);
      await model.close();
      await expect(model.readF32('a')).rejects.toThrow(code('closed-model'));
    }
  });

  it.each<[string, RegExp, (files: Uint8Array[]) => Uint8Array[]]>([
    ['lacks a part', /00003-of-00003.gguf is missing/, (files) => files.slice(0, 2)],
    ['has its parts in another order', /says that it is part 3 of 3/, ([a, b, c]) => [a, c, b]],
    ['has a part twice', /says that it is part 2 of 3/, ([a, b]) => [a, b, b]],
    ['has a whole file for a part', /says that it is a whole one/, ([a, b]) => [a, b, GGUF]],
    ['has a tensor twice', /the tensor a is in two/, ([a, b]) => [a, b, part(2, [tensor('a', 1)])]],
    [
      'lacks a tensor',
      /have 2 tensors where 3/,
      ([a]) => [a, part(1, [tensor('a', 1)]), part(2, [tensor('b', 1)])],
    ],
    ['has a part that is cut short', /damaged|ends/, ([a, b, c]) => [a, b.subarray(0, b.length - 4), c]],
  ])('is refused when it %s', async (_, message, change) => {
    await write(change(parts()));
    const opened = open(names[0]);
    await expect(opened).rejects.toThrow(code('corrupt-model'));
    await expect(opened).rejects.toThrow(message);
  });

  it('is refused or read, however a part is damaged, and gives its files back', async () => {
    const whole = parts();
    await fc.assert(
      fc.asyncProperty(fc.nat(2), damaged(whole[1]), async (at, bytes) => {
        await write(whole.map((each, index) => (index === at ? bytes : each)));
        await refusalOf(open(names[0]).then(async (model) => model.close()));
      }),
      { seed: 9, numRuns: 300 },
    );
  });
});

describe('an ONNX export', () => {
  const directory = useTemporaryDirectory();

  it.each(['model.onnx', 'onnx/model_q4.onnx'])('alone (%s) is refused with advice', async (name) => {
    const path = join(directory.path, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '');
    for (const each of [directory.path, path]) {
      await expect(openModelFile(each)).rejects.toThrow(code('unsupported-model'));
      await expect(openModelFile(each)).rejects.toThrow(/Take the safetensors or a GGUF file/);
    }
  });
});

describe('a part of a model', () => {
  const directory = useTemporaryDirectory();
  const open = async (name: string, bytes: Uint8Array) => {
    const path = join(directory.path, name);
    await writeFile(path, bytes);
    return openModelFile(path);
  };

  it('in GGUF says which it is, whatever its name', async () => {
    const metadata = { 'split.no': u16(1), 'split.count': u16(3), 'split.tensors.count': i32(200) };
    const opened = open('any.gguf', ggufBytes({ metadata }));
    await expect(opened).rejects.toThrow(/is part 2 of 3 of a model/);
    await expect(opened).rejects.toThrow(code('unsupported-model'));
  });

  it('that has no header of its own is known by its name', async () => {
    const opened = open('big-00002-of-00003.gguf', GGUF.subarray(100));
    await expect(opened).rejects.toThrow(/big-00002-of-00003.gguf is part 2 of 3/);
    await expect(opened).rejects.toThrow(code('unsupported-model'));
    await expect(open('big-00001-of-00001.gguf', GGUF.subarray(100))).rejects.toThrow(code('corrupt-model'));
  });

  it('that was put together again is a whole one', async () => {
    const metadata = { 'split.no': u16(0), 'split.count': u16(0) };
    const model = await open('big-00001-of-00003.gguf', ggufBytes({ metadata }));
    expect(model.tensors.size).toBe(0);
    await model.close();
  });

  it('in safetensors is not taken for all of it', async () => {
    const opened = open('model-00001-of-00002.safetensors', new Uint8Array(8));
    await expect(opened).rejects.toThrow(/part 1 of 2 of a model. Name the directory/);
    await expect(opened).rejects.toThrow(code('unsupported-model'));
  });
});

describe('a path that is no model', () => {
  const directory = useTemporaryDirectory();

  it('is refused', async () => {
    await expect(openModelFile(join(directory.path, 'nothing'))).rejects.toThrow(code('model-not-found'));
    await expect(openModelFile(directory.path)).rejects.toThrow(code('model-not-found'));
    if (process.platform !== 'win32')
      await expect(openModelFile('/dev/null')).rejects.toThrow(code('model-not-found'));
  });

  it.skipIf(process.getuid?.() === 0)('is refused when it may not be read (not as root)', async () => {
    const path = join(directory.path, 'secret.gguf');
    await writeFile(path, GGUF);
    await chmod(path, 0);
    await expect(openModelFile(path)).rejects.toThrow(code('model-not-readable'));
  });
});

describe('safetensors', () => {
  const directory = useTemporaryDirectory();
  const place = (name: string) => join(directory.path, 'model', name);
  const writeIndex = async (map: unknown) =>
    writeFile(place('model.safetensors.index.json'), JSON.stringify({ weight_map: map }));

  /** The fixture's tensors spread over three files, with an index. */
  async function writeShards(): Promise<Record<string, string>> {
    await cp(UNTIED, join(directory.path, 'model'), { recursive: true });
    const whole = await readFile(place('model.safetensors'));
    const length = Number(whole.readBigUInt64LE());
    const header = JSON.parse(whole.subarray(8, 8 + length).toString()) as Record<
      string,
      { dtype: string; shape: number[]; data_offsets: [number, number] }
    >;
    const names = Object.keys(header).filter((name) => name !== '__metadata__');
    const map: Record<string, string> = {};
    for (const shard of [0, 1, 2]) {
      const parts: Uint8Array[] = [];
      const entries: Record<string, unknown> = {};
      let end = 0;
      for (const name of names.filter((_, index) => index % 3 === shard)) {
        const {
          dtype,
          shape,
          data_offsets: [from, to],
        } = header[name];
        parts.push(whole.subarray(8 + length + from, 8 + length + to));
        entries[name] = { dtype, shape, data_offsets: [end, end + to - from] };
        end += to - from;
        map[name] = `model-0000${shard + 1}-of-00003.safetensors`;
      }
      await writeFile(
        place(`model-0000${shard + 1}-of-00003.safetensors`),
        safetensorsBytes(entries, Buffer.concat(parts)),
      );
    }
    await rm(place('model.safetensors'));
    await writeIndex(map);
    return map;
  }

  it('in shards hold the same numbers as in one file', async () => {
    await writeShards();
    const one = await readAll(UNTIED);
    const three = await readAll(join(directory.path, 'model'));
    expect(three.size).toBe(one.size);
    expect(three.size).toBeGreaterThan(20);
    for (const [name, values] of one) expect(three.get(name), name).toEqual(values);
    expect(await readAll(place('model.safetensors.index.json'))).toEqual(three);
  });

  it('in shards have a fingerprint of their own, which changes with any of them', async () => {
    const map = await writeShards();
    const print = async () => {
      const model = await openModelFile(join(directory.path, 'model'));
      await model.close();
      return model.fingerprint;
    };
    const first = await print();
    expect(await print()).toBe(first);
    const shard = place(Object.values(map)[1]);
    const bytes = await readFile(shard);
    bytes[bytes.length - 1] ^= 1;
    await writeFile(shard, bytes);
    expect(await print()).not.toBe(first);
  });

  it.each([
    '../secret.safetensors',
    '/etc/secret.safetensors',
    'sub/a.safetensors',
    'config.json',
    '..',
    5,
    null,
    '',
  ])('whose index points to %j are refused', async (target) => {
    const map = await writeShards();
    await copyFile(place(Object.values(map)[0]), join(directory.path, 'secret.safetensors'));
    await writeIndex({ ...map, 'lm_head.weight': target });
    await expect(openModelFile(join(directory.path, 'model'))).rejects.toThrow(/no file beside it/);
  });

  it.each([undefined, null, [], 'model', {}])(
    'whose index has the weight_map %j are refused',
    async (map) => {
      await writeShards();
      await writeIndex(map);
      await expect(openModelFile(join(directory.path, 'model'))).rejects.toThrow(code('corrupt-model'));
    },
  );

  it('that miss a shard are refused by its name, and no handle stays open', async () => {
    await writeShards();
    await rm(place('model-00002-of-00003.safetensors'));
    await expect(openModelFile(join(directory.path, 'model'))).rejects.toThrow(
      /model-00002-of-00003.safetensors is missing/,
    );
    await expect(openModelFile(join(directory.path, 'model'))).rejects.toThrow(code('corrupt-model'));
    if (process.platform === 'linux') expect(await openHandles(directory.path)).toBe(0);
  });

  it('that hold a tensor twice are refused', async () => {
    const map = await writeShards();
    const [first] = Object.values(map);
    await copyFile(place(first), place('again.safetensors'));
    await writeIndex({ ...map, again: 'again.safetensors' });
    await expect(openModelFile(join(directory.path, 'model'))).rejects.toThrow(/in two of the model's files/);
  });

  it('are found by the path of the file, and through a link', async () => {
    await mkdir(join(directory.path, 'link'));
    await symlink(join(UNTIED, 'model.safetensors'), join(directory.path, 'link', 'model.safetensors'));
    await symlink(join(UNTIED, 'config.json'), join(directory.path, 'link', 'config.json'));
    const straight = await readAll(join(UNTIED, 'model.safetensors'));
    expect(await readAll(join(directory.path, 'link'))).toEqual(straight);
  });

  it.each(['', '[]', '{', '5'])('with %j for a config.json are refused', async (config) => {
    await cp(UNTIED, join(directory.path, 'model'), { recursive: true });
    await writeFile(place('config.json'), config);
    await expect(openModelFile(join(directory.path, 'model'))).rejects.toThrow(code('corrupt-model'));
    await rm(place('config.json'));
    await expect(openModelFile(join(directory.path, 'model'))).rejects.toThrow(/no config.json/);
  });

  it('are read or refused, however they are damaged', async () => {
    await cp(UNTIED, join(directory.path, 'model'), { recursive: true });
    const header = { a: { dtype: 'F16', shape: [4], data_offsets: [0, 8] } };
    const file = safetensorsBytes(header, new Uint8Array(8));
    await fc.assert(
      fc.asyncProperty(damaged(file), async (bytes) => {
        await writeFile(place('model.safetensors'), bytes);
        await refusalOf(readAll(join(directory.path, 'model')));
      }),
      { seed: 6, numRuns: 500 },
    );
    if (process.platform === 'linux') expect(await openHandles(directory.path)).toBe(0);
  });
});
