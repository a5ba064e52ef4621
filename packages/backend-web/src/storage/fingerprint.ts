import { throwIfAborted } from '@halfspace/core';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';
import { blobSource } from './blob-source.js';

/** Bytes that are hashed at once. */
const AT_ONCE = 2 ** 22;

/** sha-256 of bytes that come one after the other. */
export function createFingerprint(): { add(bytes: Uint8Array): void; hex(): string } {
  const hash = sha256.create();
  return { add: (bytes) => void hash.update(bytes), hex: () => bytesToHex(hash.digest()) };
}

/**
 * sha-256 (hex) of a file, which never is in memory as a whole.
 *
 * @param onDone - Called with the bytes that were read.
 * @throws HalfspaceError `model-not-readable`, `aborted`
 */
export async function fingerprintOf(
  file: Blob,
  name: string,
  signal?: AbortSignal,
  onDone?: (bytes: number) => void,
): Promise<string> {
  const fingerprint = createFingerprint();
  const source = blobSource(file, name);
  for (let at = 0; at < file.size; at += AT_ONCE) {
    throwIfAborted(signal);
    fingerprint.add(await source.read(at, Math.min(AT_ONCE, file.size - at)));
    onDone?.(Math.min(file.size, at + AT_ONCE));
  }
  return fingerprint.hex();
}
