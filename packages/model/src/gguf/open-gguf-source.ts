import type { ByteSource } from '../byte-source.js';
import { createModelFile, type ModelFile } from '../model-file.js';
import { partOfGguf } from '../part-of-model.js';
import { plainReaders } from '../tensor-readers.js';
import { readGgufHeader } from './read-header.js';

/** What is known of a model besides its bytes. */
export interface SourceLabels {
  /** Name for people. */
  readonly name: string;
  /** sha-256 (hex) of all of its bytes. */
  readonly fingerprint: string;
}

/**
 * Opens a GGUF file wherever its bytes are, such as in the storage of a browser. Reads the header only. The source is closed
 * with the model, also where this fails.
 *
 * @throws HalfspaceError `corrupt-model`; `unsupported-model`, also for a part of a model that is split
 */
export async function openGgufSource(
  source: ByteSource,
  { name, fingerprint }: SourceLabels,
): Promise<ModelFile> {
  try {
    const { metadata, tensors, part } = await readGgufHeader(source);
    if (part !== undefined) throw partOfGguf(name, part);
    const stored = new Map([...tensors].map(([key, tensor]) => [key, { tensor, file: source }] as const));
    const about = { format: 'gguf', name, path: name, fingerprint, metadata } as const;
    return createModelFile(about, plainReaders(stored), [source]);
  } catch (error) {
    await source.close();
    throw error;
  }
}
