import { HalfspaceError } from '@halfspace/core';
import type { LabelledText, Rows } from '@halfspace/subspace';
import type { Shard } from '../../options/shard.js';

/**
 * The rows of a shard: those of all shards, one after the other, are the rows. They are counted at once, and read again
 * each time that the shard is gone through.
 *
 * @param keepTogether - Whether rows of one prompt and group that follow one another stay in one shard: pairs, or rows
 * that are centred.
 * @throws HalfspaceError `too-little-data` when there are fewer than one for each shard
 */
export async function shardOf(
  rows: Rows,
  { index, of }: Shard,
  keepTogether: boolean,
): Promise<AsyncIterable<LabelledText>> {
  let units = 0;
  for await (const { starts } of numbered(rows, keepTogether)) if (starts) units++;
  if (units < of) {
    throw new HalfspaceError(
      'too-little-data',
      `There are too few rows for ${of} shards. Make fewer of them.`,
    );
  }
  const [first, end] = [index - 1, index].map((part) => Math.floor((part * units) / of));
  return {
    async *[Symbol.asyncIterator]() {
      for await (const { row, unit } of numbered(rows, keepTogether)) {
        if (unit >= end) return;
        if (unit >= first) yield row;
      }
    },
  };
}

/** Rows with the number, from 0, of the unit that they belong to and whether it starts with them. */
async function* numbered(rows: Rows, keepTogether: boolean) {
  let unit = -1;
  let before: LabelledText | undefined;
  for await (const row of rows) {
    const starts = !(keepTogether && row.prompt === before?.prompt && row.group === before.group);
    if (starts) unit++;
    before = row;
    yield { row, unit, starts };
  }
}
