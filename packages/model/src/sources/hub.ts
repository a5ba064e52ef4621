import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { HalfspaceError, isHalfspaceError, throwIfAborted } from '@halfspace/core';
import { partialPath, putInPlace, removeAbandoned } from '@halfspace/files';
import {
  HUB_URL,
  HubApiError,
  datasetInfo,
  downloadFile,
  getHFHubCachePath,
  listFiles,
  modelInfo,
  type ListFileEntry,
  type RepoDesignation,
} from '@huggingface/hub';
import { explainWriteError } from '../cache.js';
import { filesOf } from './hub-spec.js';
import { isFile } from '../is-file.js';
import { ONNX_ADVICE } from '../onnx-export.js';
import { SHARD_INDEX } from '../safetensors/header.js';
import { cachedRepository, findInCache, isCommit, type CachedRepository } from './hub-cache.js';
import { parseHubSpec, type HubSpec } from './hub-spec.js';
import type { Source, SourceOptions } from './source.js';

/** A repository at one commit, as the hub's client takes it. */
export interface Remote {
  readonly repo: RepoDesignation;
  readonly revision: string;
  readonly hubUrl?: string;
  readonly accessToken?: string;
  readonly fetch: typeof fetch;
}

/** A file that is wanted, and what its bytes must be. */
export interface RemoteFile {
  /** Path in the repository. */
  readonly path: string;
  /** Bytes of it. */
  readonly size: number;
  /** sha-256 of large files; of the others, Git's name for the bytes. */
  readonly digest: string;
  /** Whether it is one of the large files. */
  readonly large: boolean;
}

const BESIDE = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  SHARD_INDEX,
]);
/** Files that a repository is looked through for, and bytes of one answer of the API: more is no listing of a model. */
const MOST_FILES = 100_000;
const LARGEST_ANSWER = 2 ** 26;

const WEIGHTS = /^model(-\d+-of-\d+)?\.safetensors$/;

/** What a file must be, by the listing of its repository. */
export function wantedFile({ path, size, oid, lfs }: ListFileEntry): RemoteFile {
  const digest = lfs?.oid ?? oid ?? '';
  if (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(digest)) return { path, size, digest, large: lfs !== undefined };
  throw new HalfspaceError(
    'download-failed',
    `The hub gives no checksum for ${path}, so it cannot be trusted.`,
  );
}

/** The listing of a repository, as far as any has a use. */
export async function* listRepository(remote: Remote, recursive: boolean): AsyncGenerator<ListFileEntry> {
  let seen = 0;
  for await (const each of listFiles({ ...remote, recursive })) {
    if (++seen > MOST_FILES) throw new Error(`its listing goes on after ${MOST_FILES} files`);
    yield each;
  }
}

/** The files that belong to a model. */
async function listWanted(remote: Remote, spec: HubSpec): Promise<RemoteFile[]> {
  const { kind, file, repository } = spec;
  const named = filesOf(spec);
  const wanted: RemoteFile[] = [];
  const others: string[] = [];
  let onnx = false;
  for await (const each of listRepository(remote, file?.includes('/') === true)) {
    if (each.type === 'directory' && each.path === 'onnx') onnx = true;
    if (each.type !== 'file') continue;
    const { path } = each;
    if (path.endsWith('.onnx')) onnx = true;
    if (named === undefined ? BESIDE.has(path) || WEIGHTS.test(path) : named.includes(path))
      wanted.push(wantedFile(each));
    else if (path.endsWith('.gguf') && others.length < 20) others.push(path);
  }
  const missing = named?.find((each) => !wanted.some(({ path }) => path === each));
  if (named === undefined ? wanted.some(({ path }) => WEIGHTS.test(path)) : missing === undefined)
    return wanted;
  throw new HalfspaceError(
    `${kind}-not-found`,
    `${repository} on the hub has no ${missing ?? 'model.safetensors'}.` +
      (onnx && file === undefined ? ` ${ONNX_ADVICE}` : '') +
      (others.length > 0 ? ` It has ${others.map((path) => `${repository}:${path}`).join(', ')}.` : ''),
  );
}

function startHash({ size, large }: RemoteFile): Hash {
  return large ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

/** Downloads a file to the cache, under its name only when its bytes are what the hub's listing says. */
async function fetchFile(
  remote: Remote,
  file: RemoteFile,
  cached: CachedRepository,
  onBytes: (count: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const blob = cached.blob(file.digest);
  const temporary = await partialPath(blob);
  const hash = startHash(file);
  let arrived = 0;
  const watch = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      arrived += chunk.length;
      if (arrived > file.size)
        throw new HalfspaceError(
          'checksum-mismatch',
          `${file.path} goes on after the ${file.size} bytes that the hub lists. It was removed; try again.`,
        );
      hash.update(chunk);
      onBytes(chunk.length);
      yield chunk;
    }
  };
  try {
    // Xet, the hub's other protocol, fetches pieces that cannot be watched or stopped.
    const found = await downloadFile({ ...remote, path: file.path, xet: false });
    if (found === null) throw new Error(`${file.path} is not there any more`);
    await removeAbandoned(dirname(blob));
    await mkdir(dirname(blob), { recursive: true });
    const source = Readable.fromWeb(found.stream() as ReadableStream);
    await pipeline(source, watch, createWriteStream(temporary, { flags: 'wx' }), { signal });
    if (hash.digest('hex') !== file.digest)
      throw new HalfspaceError(
        'checksum-mismatch',
        `${file.path} arrived with other bytes than the hub lists. It was removed; try again.`,
      );
    await putInPlace(temporary, blob);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** An answer that ends with an error when it goes on for too long. */
function bounded(response: Response): Response {
  if (response.body === null) return response;
  let arrived = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      arrived += chunk.length;
      if (arrived > LARGEST_ANSWER) throw new Error(`its answer goes on after ${LARGEST_ANSWER} bytes`);
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counted), response);
}

/** What the hub's client fetches with. Files are counted when they are written; what is about them is read whole. */
function fetchWith(hubUrl: string, signal: AbortSignal | undefined): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, ...(signal && { signal }) });
    const address = input instanceof Request ? input.url : String(input);
    return address.startsWith(`${hubUrl}/api/`) ? bounded(response) : response;
  };
}

/** Asks for the commit of a revision. */
export async function openRemote(
  { kind, repository: name, revision }: Omit<HubSpec, 'file'>,
  signal: AbortSignal | undefined,
): Promise<Remote> {
  const { HF_ENDPOINT: endpoint, HF_TOKEN: accessToken } = process.env;
  const hubUrl = (endpoint || HUB_URL).replace(/\/+$/, '');
  const client = { hubUrl, ...(accessToken && { accessToken }), fetch: fetchWith(hubUrl, signal) };
  const which = { ...client, name, revision };
  // Files of one commit belong together, whatever happens to the branch meanwhile.
  const { sha: commit } = await (kind === 'model'
    ? modelInfo({ ...which, additionalFields: ['sha'] })
    : datasetInfo({ ...which, additionalFields: ['sha'] }));
  if (!isCommit(commit)) throw new Error('it gives no commit');
  return { ...client, repo: { type: kind, name }, revision: commit };
}

/** Fetches files of a repository to the cache, those that it does not have. */
export async function fetchFiles(
  remote: Remote,
  wanted: readonly RemoteFile[],
  cached: CachedRepository,
  { signal, onProgress }: Pick<SourceOptions, 'signal' | 'onProgress'>,
): Promise<void> {
  const total = wanted.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const onBytes = (count: number) => onProgress?.({ phase: 'download', done: (done += count), total });
  onBytes(0);
  for (const file of wanted) {
    throwIfAborted(signal);
    if (await isFile(cached.blob(file.digest))) onBytes(file.size);
    else await fetchFile(remote, file, cached, onBytes, signal);
    await cached.link(file.digest, remote.revision, file.path);
  }
}

async function download(spec: HubSpec, options: SourceOptions): Promise<string> {
  const remote = await openRemote(spec, options.signal);
  const cached = cachedRepository(spec);
  await fetchFiles(remote, await listWanted(remote, spec), cached, options);
  await cached.remember(spec.revision, remote.revision);
  return join(cached.snapshot(remote.revision), filesOf(spec)?.[0] ?? '');
}

/** Puts an error of the hub's client into words. */
export function explain(error: unknown, spec: string, kind: HubSpec['kind']): unknown {
  const explained = explainWriteError(error, getHFHubCachePath());
  if (isHalfspaceError(explained)) return explained;
  if (error instanceof HubApiError && [401, 403, 404].includes(error.statusCode)) {
    return new HalfspaceError(
      `${kind}-not-found`,
      `The hub has no ${spec}, or does not show it to you (${error.statusCode}). Check the name; for a private or gated ${kind}, set HF_TOKEN.`,
      { cause: error },
    );
  }
  // The client passes some errors on as their message only.
  const reason = error instanceof Error ? error.message : String(error);
  return new HalfspaceError(
    'download-failed',
    `${spec} could not be fetched from the hub: ${reason}. Check the connection and try again; what is whole is kept.`,
    { cause: error },
  );
}

async function fetchFromHub(spec: HubSpec, label: string, options: SourceOptions): Promise<string> {
  throwIfAborted(options.signal);
  try {
    return await download(spec, options);
  } catch (error) {
    throwIfAborted(options.signal);
    throw explain(error, label, spec.kind);
  }
}

/**
 * A file of a data set on the hub, fetched if the Hugging Face cache does not have it.
 *
 * @param repository - `owner/name`.
 * @param file - Path in it.
 * @returns Its path here.
 * @throws HalfspaceError `dataset-not-found`, `download-failed`, `checksum-mismatch`, `disk-full`,
 * `cache-not-writable`, `aborted`
 */
export async function fetchDatasetFile(
  repository: string,
  file: string,
  options: Pick<SourceOptions, 'signal' | 'onProgress'> = {},
): Promise<string> {
  const spec: HubSpec = { kind: 'dataset', repository, revision: 'main', file };
  return (await findInCache(spec)) ?? (await fetchFromHub(spec, `data set ${repository}`, options));
}

/** The hub, or the server that HF_ENDPOINT names. Files go to the Hugging Face cache. */
export const hub: Source = {
  name: 'hub',
  find: async (spec, options) => {
    const parsed = parseHubSpec(spec);
    if (parsed === undefined || options.offline === true) return undefined;
    return fetchFromHub(parsed, spec, options);
  },
};
