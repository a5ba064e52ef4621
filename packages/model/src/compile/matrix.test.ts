import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataOf, rowsOf, sliceRows, stack, wholeMatrix, type Matrix } from './matrix.js';

/** A matrix that counts up from `start`, and the stretches that were read of it. */
function counting(rows: number, columns: number, start = 0) {
  const reads: number[] = [];
  const matrix: Matrix = {
    rows,
    columns,
    async read(from, count) {
      reads.push(count * columns);
      return Float32Array.from({ length: count * columns }, (_, index) => start + from * columns + index);
    },
  };
  return { matrix, reads };
}

const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);

describe('a matrix that is read row by row', () => {
  it('is the same in parts as whole, however it is stacked and cut', async () => {
    const size = fc.integer({ min: 1, max: 6 });
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.nat(20), fc.nat(20), async (first, second, columns, a, b) => {
        const below = counting(second, columns, 1000).matrix;
        const both = stack([counting(first, columns).matrix, below]);
        expect(both.rows).toBe(first + second);
        const all = [...(await dataOf(both))];
        expect(all).toEqual([...upTo(first * columns), ...upTo(second * columns, 1000)]);
        const from = a % both.rows;
        const count = b % (both.rows - from + 1);
        expect([...(await both.read(from, count))]).toEqual(
          all.slice(from * columns, (from + count) * columns),
        );
        const rest = sliceRows(both, { from, count: both.rows - from });
        expect([...(await dataOf(rest))]).toEqual(all.slice(from * columns));
      }),
    );
  });

  it('gives rows that come again and again', async () => {
    const taken = sliceRows(counting(6, 2).matrix, { from: 1, count: 1, every: 3 });
    expect(taken.rows).toBe(2);
    expect([...(await dataOf(taken))]).toEqual([2, 3, 8, 9]);
    expect([...(await taken.read(1, 1))]).toEqual([8, 9]);
  });

  it('is never in memory as a whole when it is large', async () => {
    const { matrix, reads } = counting(3000, 1000);
    let next = 0;
    for await (const numbers of rowsOf(stack([matrix, matrix]))) {
      expect(numbers[0]).toBe(next % 3_000_000);
      next += numbers.length;
    }
    expect(next).toBe(6_000_000);
    expect(Math.max(...reads)).toBeLessThanOrEqual(2 ** 19);
  });

  it('has rows longer than that one by one', async () => {
    const { matrix, reads } = counting(2, 600_000);
    const lengths: number[] = [];
    for await (const numbers of rowsOf(matrix)) lengths.push(numbers.length);
    expect(lengths).toEqual([600_000, 600_000]);
    expect(reads).toEqual([600_000, 600_000]);
  });

  it('is read once where it must be read whole', async () => {
    let loads = 0;
    const matrix = wholeMatrix(4, 2, async () => {
      loads++;
      return Float32Array.from(upTo(8));
    });
    expect(loads).toBe(0);
    expect([...(await matrix.read(1, 2))]).toEqual([2, 3, 4, 5]);
    expect([...(await dataOf(matrix))]).toEqual(upTo(8));
    expect(loads).toBe(1);
  });

  it('fails where its rows cannot be read, the ones read ahead included', async () => {
    const { matrix } = counting(3000, 1000);
    const broken: Matrix = {
      ...matrix,
      read: async (from, count) => {
        if (from > 0) throw new RangeError('from the disk');
        return matrix.read(from, count);
      },
    };
    const rows = rowsOf(broken);
    expect((await rows.next()).done).toBe(false);
    await expect(rows.next()).rejects.toThrow(RangeError);
  });
});
