import { isHalfspaceError } from '@halfspace/core';
import fc from 'fast-check';

/** Numbers that break parsers. */
const NASTY = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fff_ffffn,
  0xffff_ffffn,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** One way to damage a file: a cut, flipped bits, a nasty number written over it, bytes gone, doubled or added. */
function damage(length: number): fc.Arbitrary<(bytes: Buffer) => Buffer> {
  const place = fc.nat(Math.max(0, length - 1));
  const cut = place.map((at) => (bytes: Buffer) => bytes.subarray(0, at));
  const flip = fc.tuple(place, fc.nat(7)).map(([at, bit]) => (bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    if (at < copy.length) copy[at] ^= 1 << bit;
    return copy;
  });
  const overwrite = fc
    .tuple(place, fc.constantFrom(...NASTY), fc.constantFrom(4, 8))
    .map(([at, value, width]) => (bytes: Buffer) => {
      const word = Buffer.alloc(8);
      word.writeBigUInt64LE(value);
      const copy = Buffer.from(bytes);
      word.copy(copy, at, 0, width);
      return copy;
    });
  const splice = fc.tuple(place, fc.nat(64), fc.uint8Array({ maxLength: 64 })).map(
    ([at, gone, added]) =>
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + gone)]),
  );
  return fc.oneof(cut, flip, flip, overwrite, overwrite, splice);
}

/** Copies of a file with one to three damages. */
export function damaged(file: Buffer): fc.Arbitrary<Buffer> {
  return fc
    .array(damage(file.length), { minLength: 1, maxLength: 3 })
    .map((damages) => damages.reduce((bytes, apply) => apply(bytes), file));
}

/** The code of the HalfspaceError that `run` refuses its input with, if it does; any other error fails the test. */
export function refusal(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (isHalfspaceError(error)) return error.code;
    throw error;
  }
}

/** The same for what takes its time. */
export async function refusalOf(work: Promise<unknown>): Promise<string | undefined> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason ?? 'nothing',
  );
  return error === undefined
    ? undefined
    : refusal(() => {
        throw error;
      });
}

type Path = readonly (string | number)[];

function pathsIn(value: unknown, path: Path = []): Path[] {
  const inner =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, each]) => pathsIn(each, [...path, key]))
      : [];
  return [path, ...inner];
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) };
  const entries = copy as Record<string | number, unknown>;
  entries[key] = replaced(entries[key], rest, by);
  return copy;
}

/** Copies of a JSON value with something else in one to three places. */
export function altered(json: unknown): fc.Arbitrary<unknown> {
  const odd = fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    0.5,
    4e9,
    2 ** 24,
    1e308,
    '',
    'odd',
    [],
    [null],
    {},
    { a: 1 },
  );
  const change = fc.tuple(fc.constantFrom(...pathsIn(json)), odd);
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((value, [path, by]) => replaced(value, path, by), json));
}
