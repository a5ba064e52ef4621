import { HalfspaceError } from '@halfspace/core';
import { createFingerprint } from './fingerprint.js';

/** Folder of the browser's storage that models are kept in. */
const FOLDER = 'halfspace-models';

/** A model in the browser's storage. */
export interface StoredModel {
  /** What it is stored under: its address, or the name, size and date of the file it is a copy of. */
  readonly key: string;
  /** Name for people. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** sha-256 (hex). */
  readonly fingerprint: string;
}

/** The files of a model: it, and what is known of it, which is written last. */
interface Files {
  readonly model: string;
  readonly about: string;
}

function filesOf(key: string): Files {
  const fingerprint = createFingerprint();
  fingerprint.add(new TextEncoder().encode(key));
  const name = fingerprint.hex().slice(0, 32);
  return { model: `${name}.gguf`, about: `${name}.json` };
}

/** Undefined where a page has no storage, as one that is not reached by https, or a private window of some browsers. */
async function openFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create: true });
  } catch {
    return undefined;
  }
}

async function readAbout(folder: FileSystemDirectoryHandle, name: string): Promise<StoredModel | undefined> {
  try {
    const file = await (await folder.getFileHandle(name)).getFile();
    const found = JSON.parse(await file.text()) as Partial<StoredModel> | null;
    const isWhole =
      typeof found?.key === 'string' &&
      typeof found.name === 'string' &&
      typeof found.bytes === 'number' &&
      typeof found.fingerprint === 'string';
    return isWhole ? (found as StoredModel) : undefined;
  } catch {
    return undefined;
  }
}

/** The models in the browser's storage, by name. None where a page has no storage. */
export async function listStoredModels(): Promise<StoredModel[]> {
  const folder = await openFolder();
  const found: StoredModel[] = [];
  if (folder === undefined) return found;
  for await (const name of folder.keys()) {
    const about = name.endsWith('.json') ? await readAbout(folder, name) : undefined;
    if (about !== undefined) found.push(about);
  }
  return found.toSorted((one, other) => one.name.localeCompare(other.name));
}

/** Removes a model from the browser's storage. One that is not there is no error. */
export async function removeStoredModel({ key }: Pick<StoredModel, 'key'>): Promise<void> {
  const folder = await openFolder();
  const { model, about } = filesOf(key);
  for (const name of [about, model]) await folder?.removeEntry(name).catch(() => undefined);
}

/** The file of a model that is stored whole, and what is known of it. */
export async function findStored(
  key: string,
): Promise<{ readonly about: StoredModel; readonly file: Blob } | undefined> {
  const folder = await openFolder();
  const names = filesOf(key);
  const about = folder && (await readAbout(folder, names.about));
  if (folder === undefined || about?.key !== key) return undefined;
  const handle = await folder.getFileHandle(names.model).catch(() => undefined);
  const file = await handle?.getFile();
  return file?.size === about.bytes ? { about, file } : undefined;
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

function full(name: string, bytes: number | undefined, cause?: unknown): HalfspaceError {
  const size = bytes === undefined ? '' : ` (${megabytes(bytes)})`;
  return new HalfspaceError(
    'disk-full',
    `The browser's storage has no room for ${name}${size}. Remove models that are stored, clear the data of sites, or load it with keep: false, which holds it in memory as long as the page is open.`,
    { cause },
  );
}

/**
 * Puts a model into the browser's storage, whole or not at all.
 *
 * @param expected - Bytes that it has, where that is known.
 * @returns Its file, or undefined where the page has no storage: then nothing was read.
 * @throws HalfspaceError `disk-full`; what `parts` throws
 */
export async function storeModel(
  { key, name }: Pick<StoredModel, 'key' | 'name'>,
  expected: number | undefined,
  parts: () => AsyncIterable<Uint8Array>,
  check: (fingerprint: string) => void,
): Promise<{ readonly about: StoredModel; readonly file: Blob } | undefined> {
  const folder = await openFolder();
  if (folder === undefined) return undefined;
  const names = filesOf(key);
  const { quota, usage = 0 } = await navigator.storage.estimate().catch(() => ({}) as StorageEstimate);
  if (expected !== undefined && quota !== undefined && quota - usage < expected) throw full(name, expected);
  const fingerprint = createFingerprint();
  let bytes = 0;
  try {
    const handle = await folder.getFileHandle(names.model, { create: true });
    // What is written appears in its place when it is closed.
    const writable = await handle.createWritable();
    try {
      for await (const part of parts()) {
        await writable.write(part as Uint8Array<ArrayBuffer>);
        fingerprint.add(part);
        bytes += part.length;
      }
      const about = { key, name, bytes, fingerprint: fingerprint.hex() };
      check(about.fingerprint);
      await writable.close();
      await writeText(folder, names.about, JSON.stringify(about));
      return { about, file: await handle.getFile() };
    } catch (error) {
      await writable.abort().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    for (const each of [names.about, names.model]) await folder.removeEntry(each).catch(() => undefined);
    throw error instanceof DOMException && error.name === 'QuotaExceededError'
      ? full(name, expected, error)
      : error;
  }
}

async function writeText(folder: FileSystemDirectoryHandle, name: string, text: string): Promise<void> {
  const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
  await writable.write(text);
  await writable.close();
}
