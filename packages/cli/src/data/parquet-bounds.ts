import type { AsyncBuffer, FileMetaData, RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';

/** What a file may hold whatever its size, and how much of it for each of its bytes. */
interface Bound {
  readonly what: string;
  readonly free: number;
  readonly perByte: number;
}

/** Repeated values take nearly nothing in a file, and a place each in memory. Those of data have a text beside them. */
const VALUES: Bound = { what: 'values', free: 2 ** 21, perByte: 16 };
/** Texts pack by five or ten. */
const UNPACKED: Bound = { what: 'bytes unpacked', free: 2 ** 25, perByte: 100 };

/** Most bytes that are believed to describe the rest of a file. */
const LONGEST_FOOTER = 2 ** 26;

/** The most that a file of some size may hold of something. */
function mostOf({ free, perByte }: Bound, bytes: number): number {
  return free + perByte * bytes;
}

/** Memory for the rows of a file of some bytes, in MiB: what its texts may unpack to, twice, and a share for the rows. */
export function memoryFor(bytes: number): number {
  return Math.ceil(192 + (2 * mostOf(UNPACKED, bytes)) / 2 ** 20);
}

/** Counts what a file holds, and stops where it is more than a file of its size does. */
export interface ParquetBounds {
  /**
   * Looks at the headers of the pages of a group of rows. Nothing is unpacked for it.
   *
   * @throws Error saying what is wrong, to go behind the name of the file
   */
  check(group: RowGroup): Promise<void>;
}

/**
 * Makes sure that a file holds no more than it can by what it says of itself, and counts what its pages say.
 *
 * @throws Error saying what is wrong, to go behind the name of the file
 */
export function createParquetBounds(file: AsyncBuffer, metadata: FileMetaData): ParquetBounds {
  const count = { values: 0, unpacked: 0 };
  const add = (values: number, unpacked: number): void => {
    count.values += counted(values);
    count.unpacked += counted(unpacked);
    for (const [bound, found] of [
      [VALUES, count.values],
      [UNPACKED, count.unpacked],
    ] as const) {
      if (found > mostOf(bound, file.byteLength)) throw tooMuch(bound, file.byteLength);
    }
  };
  if (metadata.metadata_length > LONGEST_FOOTER) throw tooMuch(UNPACKED, file.byteLength);
  for (const { num_rows: rows, columns } of metadata.row_groups) {
    add(Number(rows), 0);
    for (const { meta_data: column } of columns) {
      add(Number(column?.num_values ?? 0), Number(column?.total_uncompressed_size ?? 0));
    }
  }
  // Counted anew: what pages say need not be what the file says of them.
  [count.values, count.unpacked] = [0, 0];

  return {
    async check({ num_rows: rows, columns }) {
      add(Number(rows), 0);
      for (const { meta_data: column } of columns) {
        if (column === undefined) continue;
        const start = Number(column.dictionary_page_offset || column.data_page_offset);
        const end = start + Number(column.total_compressed_size);
        if (!(start >= 0 && end <= file.byteLength)) throw broken('a column lies outside the file');
        const reader = { view: new DataView(await file.slice(start, end)), offset: 0 };
        while (reader.offset < reader.view.byteLength - 1) {
          const page = parquetHeader(reader);
          const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: dictionary } = page;
          add((v1 ?? v2 ?? dictionary)?.num_values ?? 0, page.uncompressed_page_size);
          reader.offset += counted(page.compressed_page_size);
        }
      }
    },
  };
}

function counted(value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw broken('a size in it is negative');
}

function broken(what: string): Error {
  return new Error(what);
}

function tooMuch(bound: Bound, bytes: number): Error {
  return new Error(
    `in ${bytes.toLocaleString('en')} bytes it is to hold more than ${mostOf(bound, bytes).toLocaleString('en')} ${bound.what}, which no data does`,
  );
}
