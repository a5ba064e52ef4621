import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { brotliDecompressSync } from 'node:zlib';
import { HalfspaceError } from '@halfspace/contracts';
import { parquetReadObjects } from 'hyparquet';
import { PACKED } from './packed.js';
import type { PackedName } from './recipes.js';

/** A row as it is in the file. */
export type PackedRow = Readonly<Record<string, string | number | undefined>>;

/**
 * The rows of a file of data/, whose bytes are checked first.
 *
 * @throws HalfspaceError `checksum-mismatch`, `file-not-found`
 */
export async function readPacked(name: PackedName, folder = DATA): Promise<PackedRow[]> {
  const { sha256 } = PACKED[name];
  const bytes = await readFile(new URL(`${name}.parquet`, folder)).catch((error: unknown) => {
    throw new HalfspaceError(
      'file-not-found',
      `@halfspace/labels has no file ${name}.parquet. Install it again.`,
      { cause: error },
    );
  });
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new HalfspaceError(
      'checksum-mismatch',
      `${name}.parquet of @halfspace/labels has other bytes than were published. Install it again.`,
    );
  }
  const { buffer, byteOffset, byteLength } = bytes;
  const rows = await parquetReadObjects({
    file: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer,
    compressors: { BROTLI: (input) => brotliDecompressSync(input) },
  });
  return rows as PackedRow[];
}

const DATA = new URL('../data/', import.meta.url);
