import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { isHalfspaceError } from '@halfspace/core';
import { downloadFile } from '@huggingface/hub';
import { findInCatalogue, type CatalogueEntry } from '../catalogue.js';
import { hubClient } from './hub.js';
import { putInCache } from './put-in-cache.js';
import type { Source, SourceOptions } from './source.js';

/** What another source has no better chance with. */
const HERE = ['aborted', 'cache-not-writable', 'disk-full'] as const;

async function download(
  { files, hub }: CatalogueEntry,
  target: string,
  { signal, onProgress }: SourceOptions,
): Promise<void> {
  if (hub === undefined) return;
  const { repository, revision, bytes: total } = hub;
  const remote = { ...hubClient(signal), repo: repository, revision };
  let done = 0;
  const watch = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      done += chunk.length;
      if (done > total) throw new Error(`the hub sends more than the ${total} bytes of ${repository}`);
      onProgress?.({ phase: 'download', done, total });
      yield chunk;
    }
  };
  for (const { name } of files) {
    const found = await downloadFile({ ...remote, path: name, xet: false });
    if (found === null) throw new Error(`${repository} has no ${name}`);
    const source = Readable.fromWeb(found.stream() as ReadableStream);
    await pipeline(source, watch, createWriteStream(join(target, name), { flags: 'wx' }), { signal });
  }
}

/**
 * Models of the catalogue that the hub has, too, or the server that HF_ENDPOINT names. Where it is out of reach, or has other
 * bytes than the pinned ones, the next source is asked.
 */
export const hubByName: Source = {
  name: 'hub, by name',
  find: async (spec, options) => {
    const entry = findInCatalogue(spec, options.catalogue);
    if (entry?.hub === undefined || options.offline === true) return undefined;
    try {
      return await putInCache(entry, options, async (_, target) => download(entry, target, options));
    } catch (error) {
      if (HERE.some((code) => isHalfspaceError(error, code))) throw error;
      return undefined;
    }
  },
};
