import { join } from 'node:path';
import { HalfspaceError, isHalfspaceError, throwIfAborted } from '@halfspace/core';
import { HubApiError } from '@huggingface/hub';
import { cacheDirectory, writeCached } from '../cache.js';
import { isFile } from '../is-file.js';
import { readJsonFile } from '../json-file.js';
import { chooseDataFiles, type DatasetSpec } from './dataset-spec.js';
import { cachedRepository } from './hub-cache.js';
import { explain, fetchFiles, listRepository, openRemote, wantedFile } from './hub.js';
import type { SourceOptions } from './source.js';

/** Files of a data set, on this machine. */
export interface FetchedDataset {
  /** Commit that they are of. */
  readonly commit: string;
  /** The files, in order. */
  readonly files: readonly FetchedFile[];
}

/** A file of a data set. */
export interface FetchedFile {
  /** Its path in the repository. */
  readonly name: string;
  /** Its path here. */
  readonly path: string;
}

/** Settings of {@link fetchDataset}. `offline` is the default where HF_HUB_OFFLINE is set. */
export type FetchDatasetOptions = Pick<SourceOptions, 'signal' | 'onProgress' | 'offline'>;

/**
 * The files of a data set on the hub that a part of it is in, fetched where the Hugging Face cache does not have them. Each is
 * taken only if its bytes are what the hub lists. What was fetched once is found again without the network; a branch stays
 * what it was then.
 *
 * @throws HalfspaceError `dataset-not-found`, `download-failed`, `checksum-mismatch`, `disk-full`, `cache-not-writable`, `aborted`
 */
export async function fetchDataset(
  spec: DatasetSpec,
  options: FetchDatasetOptions = {},
): Promise<FetchedDataset> {
  const { signal, offline = isOffline() } = options;
  throwIfAborted(signal);
  const found = await findFetched(spec);
  if (found !== undefined) return found;
  if (offline) {
    throw new HalfspaceError(
      'dataset-not-found',
      `The cache does not have ${nameOf(spec)}, and the network is not to be used (HF_HUB_OFFLINE). Fetch it once with the network.`,
    );
  }
  try {
    return await download(spec, options);
  } catch (error) {
    throwIfAborted(signal);
    throw await explainDataset(error, spec, signal);
  }
}

const isOffline = () => /^(1|on|yes|true)$/i.test(process.env['HF_HUB_OFFLINE'] ?? '');

const nameOf = ({ repository, revision }: DatasetSpec) =>
  `the data set ${repository}${revision === 'main' ? '' : ` at ${revision}`}`;

async function download(spec: DatasetSpec, options: FetchDatasetOptions): Promise<FetchedDataset> {
  const { repository, revision } = spec;
  const remote = await openRemote({ kind: 'dataset', repository, revision }, options.signal);
  const cached = cachedRepository({ kind: 'dataset', repository });
  const listed = new Map<string, Parameters<typeof wantedFile>[0]>();
  for await (const each of listRepository(remote, true)) {
    if (each.type === 'file') listed.set(each.path, each);
  }
  const paths = [...listed.keys()];
  const chosen = chooseDataFiles(paths, spec);
  const wanted = chosen.map((path) => wantedFile(listed.get(path) as Parameters<typeof wantedFile>[0]));
  await fetchFiles(remote, wanted, cached, options);
  await writeCached(listingPath(repository, remote.revision), JSON.stringify({ paths }));
  await cached.remember(revision, remote.revision);
  return filesAt(cached.snapshot(remote.revision), remote.revision, chosen);
}

/** What files a repository has at a commit: without it nobody could say which of them a split is in. */
function listingPath(repository: string, commit: string): string {
  return join(cacheDirectory(), 'datasets', repository.replace('/', '--'), `${commit}.json`);
}

async function findFetched(spec: DatasetSpec): Promise<FetchedDataset | undefined> {
  const { repository, revision } = spec;
  const cached = cachedRepository({ kind: 'dataset', repository });
  const commit = await cached.commit(revision);
  if (commit === undefined) return undefined;
  const { paths } = await readJsonFile(listingPath(repository, commit)).catch(
    (): { readonly paths?: unknown } => ({}),
  );
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string')) return undefined;
  const found = filesAt(cached.snapshot(commit), commit, chooseDataFiles(paths, spec));
  const there = await Promise.all(found.files.map(({ path }) => isFile(path)));
  return there.every(Boolean) ? found : undefined;
}

function filesAt(snapshot: string, commit: string, names: readonly string[]): FetchedDataset {
  return { commit, files: names.map((name) => ({ name, path: join(snapshot, name) })) };
}

async function explainDataset(
  error: unknown,
  spec: DatasetSpec,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { repository, revision } = spec;
  if (isHalfspaceError(error) || !(error instanceof HubApiError))
    return explain(error, `data set ${repository}`, 'dataset');
  if (error.statusCode === 403) {
    return new HalfspaceError(
      'dataset-not-found',
      `The hub does not give you the data set ${repository} (403): it is gated. Accept its terms on its page, and set HF_TOKEN.`,
      { cause: error },
    );
  }
  if (error.statusCode === 404 && revision !== 'main' && (await isThere(repository, signal))) {
    return new HalfspaceError(
      'dataset-not-found',
      `The data set ${repository} has no revision ${revision}. Name a branch, a tag or a whole commit.`,
      { cause: error },
    );
  }
  return explain(error, `data set ${repository}`, 'dataset');
}

async function isThere(repository: string, signal: AbortSignal | undefined): Promise<boolean> {
  return openRemote({ kind: 'dataset', repository, revision: 'main' }, signal).then(
    () => true,
    () => false,
  );
}
