import { HalfspaceError, isHalfspaceError, throwIfAborted } from '@halfspace/core';
import type { FindRequest, FoundModel, WebLoadProgress } from '../protocol.js';
import { createFingerprint, fingerprintOf } from './fingerprint.js';
import { findStored, storeModel } from './model-store.js';

/** What goes with a search. */
export interface FindTools {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: WebLoadProgress) => void;
}

/** Bytes that are on their way, of a file whose size may be known. */
interface Incoming {
  readonly key: string;
  readonly name: string;
  readonly total: number | undefined;
  readonly parts: () => AsyncIterable<Uint8Array>;
}

/** The last part of an address, for people. */
function nameOfAddress(address: string): string {
  const path = new URL(address).pathname;
  return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1)) || address;
}

const withoutEnding = (name: string) => name.replace(/\.gguf$/, '');

function notFetched(address: string, why: string, cause?: unknown): HalfspaceError {
  return new HalfspaceError('download-failed', `The model at ${address} could not be fetched: ${why}`, {
    cause,
  });
}

const OTHER_SITE =
  'check the connection, and whether its server lets this page read it (CORS). A file that you have saved can be chosen instead.';

async function fetchModel(address: string, { signal, onProgress }: FindTools): Promise<Incoming> {
  const response = await fetch(address, { signal }).catch((cause: unknown) => {
    throwIfAborted(signal);
    throw notFetched(address, OTHER_SITE, cause);
  });
  if (response.status === 404)
    throw new HalfspaceError('model-not-found', `There is no model at ${address}. Check the address.`);
  const { body } = response;
  if (!response.ok || body === null)
    throw notFetched(
      address,
      `its server answers ${response.status}. Try again later, or take another address.`,
    );
  const announced =
    response.headers.get('content-encoding') === null && response.headers.get('content-length');
  const total = announced ? Number(announced) : undefined;
  return {
    key: address,
    name: nameOfAddress(address),
    total,
    async *parts() {
      let done = 0;
      const reader = body.getReader();
      try {
        for (;;) {
          const { done: isEnd, value } = await reader.read();
          if (isEnd) break;
          yield value;
          done += value.length;
          onProgress({ phase: 'download', done, ...(total !== undefined && { total }) });
        }
      } catch (cause) {
        throwIfAborted(signal);
        throw isHalfspaceError(cause) || cause instanceof DOMException
          ? cause
          : notFetched(address, 'the connection broke off. Try again.', cause);
      } finally {
        await reader.cancel().catch(() => undefined);
      }
      if (total !== undefined && done !== total)
        throw notFetched(address, `${done} of its ${total} bytes came. Try again.`);
    },
  };
}

/** A file that the user has chosen; another with its name, size and date is taken for it. */
function incomingFile(file: Blob, { signal, onProgress }: FindTools, name: string): Incoming {
  const date = file instanceof File ? file.lastModified : 0;
  return {
    key: `file:${name}:${file.size}:${date}`,
    name,
    total: file.size,
    async *parts() {
      const reader = file.stream().getReader();
      for (let done = 0; ;) {
        throwIfAborted(signal);
        const { done: isEnd, value } = await reader.read();
        if (isEnd) return;
        yield value;
        done += value.length;
        onProgress({ phase: 'verify', done, total: file.size });
      }
    },
  };
}

/** All of it in memory, for a page without storage. */
async function hold({ parts }: Incoming): Promise<{ readonly file: Blob; readonly fingerprint: string }> {
  const fingerprint = createFingerprint();
  const held: BlobPart[] = [];
  for await (const part of parts()) {
    fingerprint.add(part);
    held.push(part as Uint8Array<ArrayBuffer>);
  }
  return { file: new Blob(held), fingerprint: fingerprint.hex() };
}

const NOT_KEPT =
  'The model is held in memory and is not kept for the next visit, because this page has no storage: it is open in a private window, or its address does not begin with https.';

/**
 * Finds a model: in the browser's storage, or else at its address, and keeps it there.
 *
 * @throws HalfspaceError `model-not-found`, `download-failed`, `checksum-mismatch`, `model-not-readable`, `disk-full`, `aborted`
 */
export async function findModel(request: FindRequest, tools: FindTools): Promise<FoundModel> {
  const { model, keep, sha256 } = request;
  const check = (fingerprint: string): void => {
    if (sha256 === undefined || fingerprint === sha256.toLowerCase()) return;
    throw new HalfspaceError(
      'checksum-mismatch',
      `The model has the sha-256 ${fingerprint} and not ${sha256}. Fetch it again, and distrust the address if this stays.`,
    );
  };
  const found = (file: Blob, name: string, fingerprint: string, warnings: string[] = []): FoundModel => {
    check(fingerprint);
    return { file, name: request.name ?? withoutEnding(name), fingerprint, warnings };
  };
  if (typeof model === 'object' && 'key' in model) {
    const stored = await findStored(model.key);
    if (stored !== undefined) return found(stored.file, stored.about.name, stored.about.fingerprint);
    throw new HalfspaceError(
      'model-not-found',
      `${model.name} is not in the browser's storage any more: browsers clear it when room is short. Load it again from where it came.`,
    );
  }
  if (model instanceof Blob) {
    const name = request.name ?? (model instanceof File ? model.name : 'model');
    const incoming = incomingFile(model, tools, name);
    const stored = keep
      ? ((await findStored(incoming.key)) ?? (await storeModel(incoming, model.size, incoming.parts, check)))
      : undefined;
    if (stored !== undefined) return found(stored.file, name, stored.about.fingerprint);
    const progress = (done: number) => tools.onProgress({ phase: 'verify', done, total: model.size });
    return found(model, name, await fingerprintOf(model, name, tools.signal, progress));
  }
  const stored = keep ? await findStored(model) : undefined;
  if (stored !== undefined) return found(stored.file, stored.about.name, stored.about.fingerprint);
  const incoming = await fetchModel(model, tools);
  const kept = keep ? await storeModel(incoming, incoming.total, incoming.parts, check) : undefined;
  if (kept !== undefined) return found(kept.file, incoming.name, kept.about.fingerprint);
  const held = await hold(incoming);
  return found(held.file, incoming.name, held.fingerprint, keep ? [NOT_KEPT] : []);
}
