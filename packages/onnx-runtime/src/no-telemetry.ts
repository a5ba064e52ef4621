import { setTimeout as wait } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { HalfspaceError } from '@halfspace/contracts';

/** ONNX Runtime asks for it once, when its first session is opened. */
const SWITCH = 'ORT_DISABLE_TELEMETRY';
/** What a busy main thread may take to answer. */
const LONGEST_MS = 30_000;

// ONNX Runtime writes down how it is used, below the user's cache, to be sent off. Nothing of Halfspace is.
const inherited = process.env[SWITCH] === '1';
process.env[SWITCH] = '1';
let done: Promise<void> | undefined = isMainThread || inherited ? Promise.resolve() : undefined;

/**
 * Sees to it that ONNX Runtime writes and sends nothing about its use; to be awaited before a session is opened. A worker
 * thread has a copy of the environment, so that it asks the main thread to change the one that the runtime sees.
 *
 * @throws HalfspaceError `backend-failed` where the main thread does not answer
 */
export async function ensureNoTelemetry(): Promise<void> {
  done ??= switchOffInMainThread();
  return done;
}

async function switchOffInMainThread(): Promise<void> {
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  const answered = new AbortController();
  try {
    session.connectToMainThread();
    const evaluated = session.post('Runtime.evaluate', { expression: `process.env.${SWITCH} = '1'` });
    // The timer keeps the thread alive, too: what is asked of the inspector does not.
    const late = wait(LONGEST_MS, 'late', { signal: answered.signal }).catch(() => 'answered');
    if ((await Promise.race([evaluated, late])) === 'late') throw new Error('it does not answer');
  } catch (error) {
    throw new HalfspaceError(
      'backend-failed',
      `ONNX Runtime would write down how it is used, and this thread cannot stop it: ${(error as Error).message}. Import @halfspace/backend-onnx or @halfspace/encoders in the main thread first, or set ${SWITCH}=1 in the environment.`,
      { cause: error },
    );
  } finally {
    answered.abort();
    session.disconnect();
  }
}
