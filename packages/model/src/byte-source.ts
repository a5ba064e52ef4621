import { HalfspaceError } from '@halfspace/core';

/** Bytes of a model that can be read from any place on: a file on the disk, or one that a page has. */
export interface ByteSource {
  /** How many there are. */
  readonly size: number;
  /**
   * Reads `length` bytes from `offset` on; fewer only where there are no more.
   *
   * @throws whatever the place that they are in throws
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Gives it back. */
  close(): Promise<void>;
}

/**
 * Bytes of a source, all of those that were asked for.
 *
 * @throws HalfspaceError `corrupt-model` where it ends before
 */
export async function readAll(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  if (bytes.length === length) return bytes;
  throw new HalfspaceError(
    'corrupt-model',
    `The model file ends at ${offset + bytes.length}, inside its weights. Fetch it again.`,
  );
}
