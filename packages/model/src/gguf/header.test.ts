import { gguf } from '@huggingface/gguf';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveModel } from '../sources/resolve-model.js';
import * as write from '../testing/gguf-bytes.js';
import { damaged, refusal } from '../testing/hostile.js';
import { bytesKept } from '../testing/memory.js';
import { OutOfBytes } from './byte-reader.js';
import { parseGgufHeader } from './header.js';

const { ggufBytes } = write;
const F32 = 0;
const Q8_0 = 8;
const tensor = (name: string, shape: number[], type: number, length: number, offset?: number) => ({
  name,
  shape,
  type,
  data: new Uint8Array(length).fill(7),
  ...(offset !== undefined && { offset }),
});
const METADATA = {
  u8: write.u8(200),
  i8: write.i8(-56 & 255),
  u16: write.u16(65_535),
  i16: write.i16(-2),
  u32: write.u32(4_000_000_000),
  i32: write.i32(-5),
  f32: write.f32(0.5),
  bool: write.bool(true),
  text: write.text('\ufeffµ 😀'),
  nested: write.array([write.array([write.u8(1), write.u8(2)]), write.array([])]),
  u64: write.u64(2n ** 60n),
  i64: write.i64(-7n),
  f64: write.f64(0.1),
  texts: write.array([write.text('a'), write.text('')]),
};
const TENSORS = [
  tensor('first', [3], F32, 12),
  tensor('second', [2, 64], Q8_0, 136),
  tensor('scalar', [], F32, 4),
  tensor('nothing', [2 ** 33, 0], Q8_0, 0),
  tensor('last', [1, 2, 5], F32, 40),
];
const FILE = ggufBytes({ metadata: METADATA, tensors: TENSORS });
const parse = (bytes: Uint8Array) => parseGgufHeader(bytes, bytes.length);

describe('the GGUF header', () => {
  it('is read with all its types', () => {
    const { metadata, tensors } = parse(FILE);
    expect(Object.fromEntries(metadata)).toEqual({
      u8: 200,
      i8: -56,
      u16: 65_535,
      i16: -2,
      u32: 4_000_000_000,
      i32: -5,
      f32: 0.5,
      bool: true,
      text: '\ufeffµ 😀',
      nested: [[1, 2], []],
      u64: 2n ** 60n,
      i64: -7,
      f64: 0.1,
      texts: ['a', ''],
    });
    expect([...tensors.values()].map(({ name, shape, type }) => [name, shape, type])).toEqual([
      ['first', [3], 'F32'],
      ['second', [2, 64], 'Q8_0'],
      ['scalar', [], 'F32'],
      ['nothing', [2 ** 33, 0], 'Q8_0'],
      ['last', [1, 2, 5], 'F32'],
    ]);
    for (const { offset, length } of tensors.values())
      expect([...FILE.subarray(offset, offset + length)].every((byte) => byte === 7)).toBe(true);
    expect([...tensors.values()].map(({ length }) => length)).toEqual([12, 136, 4, 0, 40]);
  });

  it('says of the default model what @huggingface/gguf says', async () => {
    const { path } = await resolveModel();
    const { metadata, tensors } = parse(await readFile(path));
    const theirs = await gguf(path, { allowLocalFile: true });
    const plain = (value: unknown): unknown =>
      Array.isArray(value) ? value.map(plain) : typeof value === 'bigint' ? Number(value) : value;
    for (const [key, value] of metadata)
      expect(value, key).toEqual(plain((theirs.metadata as unknown as Record<string, unknown>)[key]));
    expect([...tensors.values()].map(({ name, shape }) => [name, shape])).toEqual(
      theirs.tensorInfos.map(({ name, shape }) => [name, [...shape].reverse().map(Number)]),
    );
    const start = Math.min(...[...tensors.values()].map(({ offset }) => offset));
    expect([...tensors.values()].map(({ offset }) => offset - start)).toEqual(
      theirs.tensorInfos.map(({ offset }) => Number(offset)),
    );
  });

  it('asks for more bytes where it is given only a part of the file', () => {
    const start = Math.min(...[...parse(FILE).tensors.values()].map(({ offset }) => offset));
    for (let length = 0; length < start - 32; length++)
      expect(() => parseGgufHeader(FILE.subarray(0, length), FILE.length)).toThrow(OutOfBytes);
    expect(parseGgufHeader(FILE.subarray(0, start), FILE.length)).toEqual(parse(FILE));
  });
});

describe('a damaged GGUF header', () => {
  it('is refused wherever the file is cut', () => {
    for (let length = 0; length < FILE.length; length++)
      expect(
        refusal(() => parse(FILE.subarray(0, length))),
        `${length} bytes`,
      ).toBe('corrupt-model');
  });

  it('is refused or read, whatever single bit is flipped', () => {
    const refused = new Map<string | undefined, number>();
    for (let bit = 0; bit < FILE.length * 8; bit++) {
      const copy = Buffer.from(FILE);
      copy[bit >> 3] ^= 1 << (bit & 7);
      const code = refusal(() => parse(copy));
      refused.set(code, (refused.get(code) ?? 0) + 1);
    }
    expect(new Set(refused.keys())).toEqual(new Set([undefined, 'corrupt-model', 'unsupported-model']));
  });

  it('is refused or read, however it is damaged', () => {
    fc.assert(
      fc.property(damaged(FILE), (bytes) => {
        refusal(() => parse(bytes));
      }),
      { seed: 1, numRuns: 5000 },
    );
  });

  it('is refused or read when it is noise', () => {
    const start = FILE.subarray(0, 8);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (noise, counted) => {
        const counts = counted ? [Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])] : [];
        refusal(() => parse(noise));
        refusal(() => parse(Buffer.concat([start, ...counts, noise])));
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  const huge = 2n ** 64n - 1n;
  const deep = (levels: number): write.GgufValue =>
    levels === 0 ? write.u8(1) : write.array([deep(levels - 1)]);
  const pair = [tensor('a', [8], F32, 32), tensor('b', [8], F32, 32)] as const;
  it.each<[string, write.GgufParts]>([
    ['more tensors than fit', { tensorCount: huge }],
    ['more keys than fit', { keyCount: 2 ** 40 }],
    ['an array longer than the file', { metadata: { key: write.array([write.u8(1)], 2 ** 40) } }],
    ['an array of uncountable length', { metadata: { key: write.array([write.u8(1)], huge) } }],
    ['an array of no known type', { metadata: { key: write.array([], 0, 99) } }],
    ['a value of no known type', { metadata: { key: { type: 13, body: new Uint8Array(8) } } }],
    ['a text longer than the file', { metadata: { key: { type: 8, body: write.u64(2n ** 50n).body } } }],
    ['deep nesting', { metadata: { key: deep(200) } }],
    ['an alignment of nought', { metadata: { 'general.alignment': write.u32(0) } }],
    ['an alignment that is none', { metadata: { 'general.alignment': write.text('32') } }],
    ['a huge alignment', { metadata: { 'general.alignment': write.u32(2 ** 31) } }],
    ['a tensor that is not aligned', { tensors: [pair[0], { ...pair[1], offset: 33 }] }],
    ['tensors that overlap', { tensors: [pair[0], { ...pair[1], offset: 0 }] }],
    ['a hole between tensors', { tensors: [pair[0], { ...pair[1], offset: 64 }, tensor('c', [8], F32, 32)] }],
    ['a tensor beyond the end', { tensors: [pair[0], { ...pair[1], offset: 2 ** 40 }] }],
    ['a tensor larger than the file', { tensors: [{ ...pair[0], shape: [2 ** 40] }] }],
    ['more numbers than can be counted', { tensors: [{ ...pair[0], shape: [2 ** 30, 2 ** 30] }] }],
    ['too many dimensions', { tensors: [{ ...pair[0], shape: Array.from({ length: 9 }, () => 1) }] }],
    ['rows that are no whole blocks', { tensors: [tensor('a', [2, 48], Q8_0, 102)] }],
    ['a tensor twice', { tensors: [pair[0], { ...pair[1], name: 'a' }] }],
  ])('is refused for %s', (_, parts) => {
    expect(refusal(() => parse(ggufBytes({ metadata: {}, ...parts })))).toBe('corrupt-model');
  });

  it('is refused for its counts before it is read any further', () => {
    expect(() => parse(ggufBytes({ tensorCount: 1000 }))).toThrow(/more entries than fit/);
    expect(() => parse(ggufBytes({ keyCount: 1000 }))).toThrow(/more entries than fit/);
    const metadata = { key: write.array([write.u8(1)], 1000) };
    expect(() => parse(ggufBytes({ metadata }))).toThrow(/array of 1000 does not fit/);
  });

  it('is refused for a key that is there twice, and for bytes after the end', () => {
    const twice = ggufBytes({ metadata: { ab: write.u8(1), ac: write.u8(2) } });
    twice.write('ab', twice.indexOf('ac'));
    expect(refusal(() => parse(twice))).toBe('corrupt-model');
    expect(refusal(() => parse(Buffer.concat([FILE, Buffer.alloc(100)])))).toBe('corrupt-model');
    // Padding to the alignment is what gguf-py leaves.
    expect(refusal(() => parse(Buffer.concat([FILE, Buffer.alloc((32 - (FILE.length % 32)) % 32)])))).toBe(
      undefined,
    );
  });

  it('names what it does not read', () => {
    const unsupported = (parts: write.GgufParts) => () => parse(ggufBytes(parts));
    expect(unsupported({ version: 1 })).toThrow(expect.objectContaining({ code: 'unsupported-model' }));
    expect(unsupported({ tensors: [{ ...pair[0], type: 16 }] })).toThrow(/type 16/);
  });

  // The worst cases: the fewest bytes in the file for each thing in memory.
  const COUNT = 100_000;
  const many = (value: write.GgufValue) => ({ metadata: { key: write.array(Array(COUNT).fill(value)) } });
  it.each<[string, write.GgufParts]>([
    ['bytes', many(write.u8(1))],
    ['empty texts', many(write.text(''))],
    ['empty arrays', many(write.array([]))],
    ['large integers', many(write.u64(huge))],
    [
      'keys',
      {
        metadata: Object.fromEntries(Array.from({ length: COUNT }, (_, i) => [i.toString(36), write.u8(1)])),
      },
    ],
    ['tensors', { tensors: Array.from({ length: COUNT }, (_, i) => tensor(i.toString(36), [0], F32, 0)) }],
  ])('of nothing but %s takes a small multiple of its size in memory', (_, parts) => {
    const bytes = ggufBytes(parts);
    const started = process.cpuUsage();
    const kept = bytesKept(() => parse(bytes));
    expect(kept).toBeGreaterThan(COUNT);
    expect(kept / bytes.length).toBeLessThan(12);
    // Microseconds of work, whatever else the machine does.
    expect(process.cpuUsage(started).user).toBeLessThan(5e6);
  });
});
