import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import { HubApiError, downloadFileToCacheDir, listFiles } from '@huggingface/hub';
import type { Source, SourceOptions } from './source.js';

/** `org/name`, `org/name@revision`, `org/name:file.gguf`. */
interface HubSpec {
  readonly repository: string;
  readonly revision: string;
  readonly file: string | undefined;
}

function parseSpec(spec: string): HubSpec | undefined {
  const match = /^([\w.-]+\/[\w.-]+?)(?:@([\w.-]+))?(?::([\w./-]+))?$/.exec(spec);
  if (match === null || spec.includes('..')) return undefined;
  return { repository: match[1] ?? '', revision: match[2] ?? 'main', file: match[3] };
}

function hubCache(): string {
  const home = process.env['HF_HOME'] ?? join(homedir(), '.cache', 'huggingface');
  return process.env['HF_HUB_CACHE'] ?? join(home, 'hub');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function inCache({ repository, revision, file }: HubSpec): Promise<string | undefined> {
  const directory = join(hubCache(), `models--${repository.replace('/', '--')}`);
  const commit = await readFile(join(directory, 'refs', revision), 'utf8').catch(() => revision);
  const snapshot = join(directory, 'snapshots', commit.trim().replaceAll(sep, ''));
  if (file !== undefined) return (await exists(join(snapshot, file))) ? join(snapshot, file) : undefined;
  const weights = ['model.safetensors', 'model.safetensors.index.json'].map(async (name) =>
    exists(join(snapshot, name)),
  );
  return (await Promise.all(weights)).includes(true) ? snapshot : undefined;
}

/** What other programs have fetched from the hub, in the layout that they share. */
export const huggingFaceCache: Source = {
  name: 'Hugging Face cache',
  find: async (spec) => {
    const parsed = parseSpec(spec);
    return parsed && inCache(parsed);
  },
};

const BESIDE = new Set([
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'model.safetensors.index.json',
]);

async function download(parsed: HubSpec, options: SourceOptions): Promise<string | undefined> {
  const { repository: repo, revision, file } = parsed;
  const { HF_ENDPOINT: hubUrl, HF_TOKEN: accessToken } = process.env;
  const hub = {
    repo,
    revision,
    ...(hubUrl !== undefined && { hubUrl }),
    ...(accessToken !== undefined && { accessToken }),
  };
  const wanted: { path: string; size: number }[] = [];
  for await (const each of listFiles({ ...hub, recursive: file?.includes('/') === true })) {
    const belongs =
      file === undefined ? BESIDE.has(each.path) || each.path.endsWith('.safetensors') : each.path === file;
    if (each.type === 'file' && belongs) wanted.push(each);
  }
  const total = wanted.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const { path, size } of wanted) {
    throwIfAborted(options.signal);
    options.onProgress?.({ phase: 'download', done, total });
    await downloadFileToCacheDir({ ...hub, path, cacheDir: hubCache() });
    done += size;
  }
  return inCache(parsed);
}

/** The hub, or the server that HF_ENDPOINT names. Files go to the Hugging Face cache. */
export const hub: Source = {
  name: 'hub',
  find: async (spec, options) => {
    const parsed = parseSpec(spec);
    if (parsed === undefined || options.offline === true) return undefined;
    try {
      return await download(parsed, options);
    } catch (error) {
      if (error instanceof HalfspaceError) throw error;
      if (error instanceof HubApiError && [401, 403, 404].includes(error.statusCode)) return undefined;
      throw new HalfspaceError(
        'download-failed',
        `${spec} could not be fetched from the hub: ${error instanceof Error ? error.message : 'unknown reason'}. Check the connection and try again; nothing was left behind.`,
        { cause: error },
      );
    }
  },
};
