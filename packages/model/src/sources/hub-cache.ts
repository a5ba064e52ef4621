import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { partialPath, putInPlace } from '@halfspace/files';
import { getHFHubCachePath } from '@huggingface/hub';
import { writeCached } from '../cache.js';
import { isFile } from '../is-file.js';
import { readJsonFile } from '../json-file.js';
import { isJsonObject } from '../json-object.js';
import { SHARD_INDEX } from '../safetensors/header.js';
import { filesOf, parseHubSpec, type HubSpec } from './hub-spec.js';
import type { Source } from './source.js';

/**
 * One repository in the cache that Hugging Face programs share: `blobs/DIGEST` hold the bytes,
 * `snapshots/COMMIT/PATH` link to them, `refs/REVISION` say which commit a branch or tag meant.
 */
export interface CachedRepository {
  blob(digest: string): string;
  snapshot(commit: string): string;
  /** Commit of a revision, as it was when last asked for. */
  commit(revision: string): Promise<string | undefined>;
  remember(revision: string, commit: string): Promise<void>;
  /** Gives a blob its name in a snapshot. */
  link(digest: string, commit: string, path: string): Promise<void>;
}

/** A commit's hash. */
export function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/** A repository's place in the cache, whether or not there is anything of it. */
export function cachedRepository({
  kind,
  repository,
}: Pick<HubSpec, 'kind' | 'repository'>): CachedRepository {
  const directory = join(getHFHubCachePath(), `${kind}s--${repository.replace('/', '--')}`);
  const blob = (digest: string) => join(directory, 'blobs', digest);
  const snapshot = (commit: string) => join(directory, 'snapshots', commit);
  return {
    blob,
    snapshot,
    async commit(revision) {
      if (isCommit(revision)) return revision;
      const found = await readFile(join(directory, 'refs', revision), 'utf8').catch(() => '');
      return isCommit(found.trim()) ? found.trim() : undefined;
    },
    async remember(revision, commit) {
      if (revision !== commit) await writeCached(join(directory, 'refs', revision), commit);
    },
    async link(digest, commit, path) {
      const pointer = join(snapshot(commit), path);
      const temporary = await partialPath(pointer);
      await mkdir(dirname(pointer), { recursive: true });
      try {
        await symlink(relative(dirname(pointer), blob(digest)), temporary);
        await putInPlace(temporary, pointer);
      } catch {
        // Windows lets not everyone link; then the snapshot holds the file itself.
        await putInPlace(blob(digest), pointer);
      } finally {
        await rm(temporary, { force: true });
      }
    },
  };
}

/** Names of the files that hold the weights; none when their index is unreadable. */
async function weightFiles(snapshot: string): Promise<string[]> {
  if (!(await isFile(join(snapshot, SHARD_INDEX)))) return ['model.safetensors'];
  try {
    const { weight_map: map } = await readJsonFile(join(snapshot, SHARD_INDEX));
    return isJsonObject(map) ? [...new Set(Object.values(map).map(String))] : [];
  } catch {
    return [];
  }
}

/** Other programs leave parts of a repository, for instance one of two shards: those are no model. */
async function isWhole(snapshot: string): Promise<boolean> {
  const weights = await weightFiles(snapshot);
  const names = [...weights, 'config.json', 'tokenizer.json'];
  const there = await Promise.all(names.map(async (name) => isFile(join(snapshot, name))));
  return weights.length > 0 && there.every(Boolean);
}

/** Path of what was fetched before, if it is whole. */
export async function findInCache(spec: HubSpec): Promise<string | undefined> {
  const { revision, file } = spec;
  const cached = cachedRepository(spec);
  const commit = await cached.commit(revision);
  if (commit === undefined) return undefined;
  const snapshot = cached.snapshot(commit);
  if (file === undefined) return (await isWhole(snapshot)) ? snapshot : undefined;
  const paths = (filesOf(spec) ?? [file]).map((each) => join(snapshot, each));
  const there = await Promise.all(paths.map(isFile));
  return there.every(Boolean) ? paths[0] : undefined;
}

/** What this and other programs have fetched from the hub: below HF_HUB_CACHE, or HF_HOME. */
export const huggingFaceCache: Source = {
  name: 'Hugging Face cache',
  find: async (spec) => {
    const parsed = parseHubSpec(spec);
    return parsed && findInCache(parsed);
  },
};
