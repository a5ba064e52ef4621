import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { damaged, refusal } from '../testing/hostile.js';
import { bytesKept } from '../testing/memory.js';
import { safetensorsBytes } from '../testing/safetensors-bytes.js';
import { headerLength, parseSafetensorsHeader } from './header.js';

const entry = (dtype: unknown, shape: unknown, from: unknown, to: unknown) => ({
  dtype,
  shape,
  data_offsets: [from, to],
});
const HEADER = {
  __metadata__: { format: 'pt' },
  second: entry('BF16', [2, 3], 8, 20),
  first: entry('F32', [2], 0, 8),
  scalar: entry('F64', [], 20, 28),
  nothing: entry('F32', [0, 4], 20, 20),
};
const FILE = safetensorsBytes(HEADER, new Uint8Array(28));

function parse(bytes: Uint8Array) {
  const length = headerLength(bytes.subarray(0, 8), bytes.length);
  return parseSafetensorsHeader(bytes.subarray(8, 8 + length), bytes.length);
}

describe('the safetensors header', () => {
  it('says where each tensor lies', () => {
    const start = FILE.length - 28;
    expect([...parse(FILE).values()]).toEqual([
      { name: 'second', shape: [2, 3], type: 'BF16', offset: start + 8, length: 12 },
      { name: 'first', shape: [2], type: 'F32', offset: start, length: 8 },
      { name: 'scalar', shape: [], type: 'F64', offset: start + 20, length: 8 },
      { name: 'nothing', shape: [0, 4], type: 'F32', offset: start + 20, length: 0 },
    ]);
  });

  it('may be padded with blanks and hold no tensor', () => {
    expect(parse(safetensorsBytes('{}   ', new Uint8Array())).size).toBe(0);
  });
});

describe('a damaged safetensors header', () => {
  it('is refused wherever the file is cut', () => {
    for (let length = 0; length < FILE.length; length++)
      expect(
        refusal(() => parse(FILE.subarray(0, length))),
        `${length} bytes`,
      ).toBe('corrupt-model');
  });

  it('is refused or read, whatever single bit is flipped', () => {
    for (let bit = 0; bit < FILE.length * 8; bit++) {
      const copy = Buffer.from(FILE);
      copy[bit >> 3] ^= 1 << (bit & 7);
      refusal(() => parse(copy));
    }
  });

  it('is refused or read, however it is damaged', () => {
    fc.assert(
      fc.property(damaged(FILE), (bytes) => {
        refusal(() => parse(bytes));
      }),
      { seed: 3, numRuns: 5000 },
    );
  });

  it('is refused or read, whatever JSON stands in it', () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom('F32', 'BF16', -1, 2 ** 53, 1e300, 0.5, null));
    const record = fc.record({
      dtype: odd,
      shape: fc.oneof(odd, fc.array(odd)),
      data_offsets: fc.array(odd),
    });
    const header = fc.oneof(odd, fc.dictionary(fc.string(), fc.oneof(odd, record, record)));
    fc.assert(
      fc.property(header, fc.nat(64), (json, length) => {
        refusal(() => parse(safetensorsBytes(json, new Uint8Array(length))));
      }),
      { seed: 4, numRuns: 5000 },
    );
  });

  const eight = new Uint8Array(8);
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  it.each<[string, unknown, Uint8Array, bigint?]>([
    ['a header longer than the file', {}, eight, 2n ** 63n],
    ['a header longer than the format allows', {}, eight, 100_000_001n],
    ['what is no JSON', '{"a":', eight],
    ['what is no UTF-8', Buffer.from('7b22ff223a7b7d7d', 'hex'), new Uint8Array()],
    ['a list', [], new Uint8Array()],
    ['nesting that never ends', deep, new Uint8Array()],
    ['a tensor beyond the end', { a: entry('F32', [4], 0, 16) }, eight],
    ['a place before the header', { a: entry('F32', [2], -8, 0) }, eight],
    ['a place that runs backwards', { a: entry('F32', [2], 8, 0) }, eight],
    ['a place that does not fit the shape', { a: entry('F32', [3], 0, 8) }, eight],
    ['a shape of huge numbers', { a: entry('F32', [2 ** 53 - 1, 2 ** 53 - 1], 0, 8) }, eight],
    ['a shape with a fraction', { a: entry('F32', [0.5, 4], 0, 8) }, eight],
    ['a shape of too many dimensions', { a: entry('F32', [1, 1, 1, 1, 1, 1, 1, 1, 2], 0, 8) }, eight],
    ['tensors that overlap', { a: entry('F32', [2], 0, 8), b: entry('F32', [1], 4, 8) }, eight],
    ['a hole', { a: entry('F32', [1], 4, 8) }, eight],
    ['bytes after the end', { a: entry('F32', [1], 0, 4) }, eight],
  ])('is refused for %s', (_, header, data, announced) => {
    expect(refusal(() => parse(safetensorsBytes(header, data, announced)))).toBe('corrupt-model');
  });

  it('names what it does not read, however odd', () => {
    const stored = (dtype: unknown) => () =>
      parse(safetensorsBytes({ a: entry(dtype, [1], 0, 1) }, new Uint8Array(1)));
    expect(stored('F8_E4M3')).toThrow(/F8_E4M3/);
    const header = `{"a":{"dtype":${deep},"shape":[1],"data_offsets":[0,1]}}`;
    expect(refusal(() => parse(safetensorsBytes(header, new Uint8Array(1))))).toBe('unsupported-model');
  });

  it('of very many tensors takes a small multiple of its size in memory', () => {
    const entries = Array.from({ length: 20_000 }, (_, i) => [i.toString(36), entry('F32', [0], 0, 0)]);
    const bytes = safetensorsBytes(Object.fromEntries(entries), new Uint8Array());
    expect(bytesKept(() => parse(bytes)) / bytes.length).toBeLessThan(12);
  });
});
