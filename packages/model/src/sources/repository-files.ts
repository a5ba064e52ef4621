import { join } from 'node:path';
import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import { cachedRepository } from './hub-cache.js';
import { explain, fetchFiles, listRepository, openRemote, wantedFile } from './hub.js';
import { parseHubSpec } from './hub-spec.js';
import type { SourceOptions } from './source.js';

/** A file that a repository lists. */
export interface ListedFile {
  /** Path in the repository. */
  readonly path: string;
  /** Its bytes. */
  readonly size: number;
}

/** Files of a repository, on this machine. */
export interface FetchedRepository {
  /** Commit that they are of. */
  readonly commit: string;
  /** Path here of each file, by its path in the repository. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Some files of a repository on the hub, as they are there now. Each is taken only if its bytes are what the hub lists, and
 * lies in the Hugging Face cache.
 *
 * @param spec - `org/name` or `org/name@revision`.
 * @param choose - Which of all files are wanted; what it throws ends the fetching.
 * @throws HalfspaceError `bad-option` for a spec that is none; `model-not-found`, `download-failed`, `checksum-mismatch`,
 * `disk-full`, `cache-not-writable`, `aborted`
 */
export async function fetchRepositoryFiles(
  spec: string,
  choose: (files: readonly ListedFile[]) => readonly string[],
  options: Pick<SourceOptions, 'signal' | 'onProgress'> = {},
): Promise<FetchedRepository> {
  const parsed = parseHubSpec(spec);
  if (parsed === undefined || parsed.file !== undefined) {
    throw new HalfspaceError(
      'bad-option',
      `"${spec}" is no repository: name it as ORG/NAME or ORG/NAME@REVISION.`,
    );
  }
  throwIfAborted(options.signal);
  try {
    const remote = await openRemote(parsed, options.signal);
    const cached = cachedRepository(parsed);
    const listed = new Map<string, Parameters<typeof wantedFile>[0]>();
    for await (const each of listRepository(remote, true))
      if (each.type === 'file') listed.set(each.path, each);
    const wanted = choose([...listed.values()].map(({ path, size }) => ({ path, size }))).flatMap((path) => {
      const found = listed.get(path);
      return found === undefined ? [] : [wantedFile(found)];
    });
    await fetchFiles(remote, wanted, cached, options);
    const snapshot = cached.snapshot(remote.revision);
    return {
      commit: remote.revision,
      files: new Map(wanted.map(({ path }) => [path, join(snapshot, path)])),
    };
  } catch (error) {
    throwIfAborted(options.signal);
    throw explain(error, spec, 'model');
  }
}
