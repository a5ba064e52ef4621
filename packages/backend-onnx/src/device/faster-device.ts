import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { isHalfspaceError, type Backend } from '@halfspace/core';
import { writeCached } from '@halfspace/model';

/** Candidates of a step that is timed, as those of steered decoding. */
const CANDIDATES = 4;
const ROUNDS = 7;
/** After so long no further step is begun. */
const LONGEST_MS = 5_000;

/**
 * Milliseconds of a step on a short text, the fastest of a few: what comes next, and a look-ahead over a few candidates.
 *
 * @param now - Milliseconds (default: the system's).
 */
export async function timeSteps(backend: Backend, now = () => performance.now()): Promise<number> {
  const { vocabularySize } = backend.tokenizer;
  const tokens = Array.from({ length: Math.min(CANDIDATES, vocabularySize) }, (_, token) => token);
  const [prompt] = await backend.prefill([{ tokens, rowsPerStep: CANDIDATES }]);
  if (prompt === undefined) return Infinity;
  const { context } = prompt;
  const begun = now();
  let fastest = Infinity;
  try {
    for (let round = 0; round <= ROUNDS && (round < 2 || now() - begun < LONGEST_MS); round++) {
      const start = now();
      await backend.lookAhead([{ context, tokens, layers: [backend.model.cut ?? backend.model.layers] }]);
      await backend.next([{ context, topK: 1 }]);
      // The first one sets up buffers, and on a GPU its programs.
      if (round > 0) fastest = Math.min(fastest, now() - start);
    }
  } finally {
    backend.release(context);
  }
  return fastest;
}

/** Whether an error of a GPU says nothing of the model. */
export function isGpuAtFault(error: unknown): boolean {
  return isHalfspaceError(error, 'backend-failed') || isHalfspaceError(error, 'out-of-memory');
}

/**
 * Whether steps take less time on a GPU than on the processor. A GPU that cannot take them does not: it may lack memory for what a
 * call needs, or an operator, and the processor has both.
 *
 * @param now - Milliseconds (default: the system's).
 * @throws what the processor throws, and the GPU where it is not to blame
 */
export async function isGpuFaster(gpu: Backend, host: Backend, now?: () => number): Promise<boolean> {
  const onGpu = await timeSteps(gpu, now).catch((error: unknown) => {
    if (!isGpuAtFault(error)) throw error;
    return Infinity;
  });
  return onGpu < (await timeSteps(host, now));
}

/** What was found to be faster on this machine, for a model. */
export interface KnownDevice {
  readonly device: 'cpu' | 'webgpu';
}

/** Where it is kept which device is faster. */
export function knownDevicePath(cache: string, fingerprint: string, about: readonly unknown[]): string {
  const machine = createHash('sha256')
    .update(JSON.stringify([cpus()[0]?.model ?? '', process.arch, ...about]))
    .digest('hex');
  return join(cache, 'measured', `${fingerprint.slice(0, 16)}-${machine.slice(0, 16)}-device-v1.json`);
}

/** What was found before, if it is there and whole. */
export async function readKnownDevice(path: string): Promise<KnownDevice | undefined> {
  try {
    const { device } = JSON.parse(await readFile(path, 'utf8')) as Partial<KnownDevice>;
    return device === 'cpu' || device === 'webgpu' ? { device } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what was found. A cache that cannot be written costs time, not correctness. */
export async function writeKnownDevice(path: string, known: KnownDevice): Promise<void> {
  await writeCached(path, JSON.stringify(known)).catch(() => undefined);
}
