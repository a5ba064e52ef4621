import { HalfspaceError } from '@halfspace/core';
import type { ByteSource } from '@halfspace/model/browser';

/** The bytes of a file that a page has. It is read as it is asked for. */
export function blobSource(file: Blob, name: string): ByteSource {
  return {
    size: file.size,
    async read(offset, length) {
      try {
        return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
      } catch (cause) {
        throw new HalfspaceError(
          'model-not-readable',
          `${name} cannot be read any more: it was moved, changed or removed. Choose the file again.`,
          { cause },
        );
      }
    },
    close: async () => undefined,
  };
}
