import { HalfspaceError } from '@halfspace/core';
import { readAll, type ByteSource } from '../byte-source.js';
import { OutOfBytes } from './byte-reader.js';
import { parseGgufHeader, type GgufHeader } from './header.js';

/** Bytes of a GGUF file that are read first; those of most models' headers suffice. */
export const FIRST_READ = 2 ** 22;
/** Nothing but weights is that long; safetensors has the same limit. */
const LARGEST_HEADER = 100_000_000;

/**
 * The header of a GGUF file.
 *
 * @throws HalfspaceError `corrupt-model`, `unsupported-model`
 */
export async function readGgufHeader(source: ByteSource): Promise<GgufHeader> {
  for (let length = FIRST_READ; length < LARGEST_HEADER * 4; length *= 4) {
    try {
      const bytes = await readAll(source, 0, Math.min(source.size, length, LARGEST_HEADER));
      return parseGgufHeader(bytes, source.size);
    } catch (error) {
      if (!(error instanceof OutOfBytes)) throw error;
    }
  }
  throw new HalfspaceError(
    'corrupt-model',
    `The header of the GGUF file is longer than ${LARGEST_HEADER} bytes. Fetch it again.`,
  );
}
