import { SingleBar } from 'cli-progress';
import { inLine } from './harmless.js';
import { command, note } from './output.js';

/** Work that is quicker than this is not worth a word where there is no terminal to draw on. */
const NOTICE_MS = 2_000;

// oxlint-disable-next-line no-restricted-properties -- the library draws on it, with words that are harmless
const screen = process.stderr;

const CLEAR_LINE = '\r\u001B[K';
const SAVE_CURSOR = '\u001B7';

/** Shows on stderr how far some work has come. */
export interface Progress {
  update(done: number, total: number): void;
  /** Takes the bar off the screen for a line that is about to be printed. It comes back by itself. */
  clear(): void;
  /** Takes the bar off for good. Idempotent. */
  stop(): void;
}

/**
 * A bar with the time left on a terminal; elsewhere one line, if the work takes long.
 *
 * @param label - What is being done, such as `Compiling`.
 * @param count - Says how much is done of how much.
 */
export function createProgress(
  label: string,
  count: (done: number, total: number) => string = (done, total) => `${Math.floor(done)} of ${total}`,
): Progress {
  const withProgress = inLine(label);
  const shownCount = (done: number, total: number) => inLine(count(done, total));
  return screen.isTTY ? createBar(withProgress, shownCount) : createNotice(withProgress);
}

/** Megabytes, as a count for {@link createProgress}. */
export function megabytes(done: number, total: number): string {
  return `${(done / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB`;
}

/** No count, for {@link createProgress}: where the share done says enough. */
export const uncounted = (): string => '';

function createBar(label: string, count: (done: number, total: number) => string): Progress {
  const bar = new SingleBar({
    format: '{label}  {bar}  {percentage} %  {count}  {eta_formatted}',
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    formatTime: timeLeft,
    etaBuffer: 50,
    clearOnComplete: true,
    forceRedraw: true,
    // Lines of text may be printed between two drawings, and those must wrap.
    linewrap: true,
    stream: screen,
  });
  let started = false;
  return {
    update(done, total) {
      const payload = { label, count: count(done, total) };
      if (!started) bar.start(total, done, payload);
      started = true;
      bar.setTotal(total);
      bar.update(done, payload);
    },
    clear: () => void (started && command(CLEAR_LINE)),
    stop() {
      if (!started) return;
      // The library moves the cursor back to where it was in the beginning, which may be lines above by now.
      command(SAVE_CURSOR);
      bar.stop();
      started = false;
    },
  };
}

function createNotice(label: string): Progress {
  // By the clock, and not with an update: the longest wait may come between two of them.
  const timer = setTimeout(() => note(`${label}…`), NOTICE_MS);
  timer.unref();
  return {
    update: () => undefined,
    clear: () => undefined,
    stop: () => clearTimeout(timer),
  };
}

/** @param seconds - A number, or a word of the library's while it has no estimate yet. */
function timeLeft(seconds: unknown): string {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return '';
  if (seconds < 60) return `${Math.ceil(seconds)} s left`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.ceil(seconds % 60)} s left`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min left`;
}

/** Shows how far some work is. */
export async function shown(
  label: string,
  work: (onProgress: (progress: { done: number; total: number }) => void) => Promise<void>,
): Promise<void> {
  const progress = createProgress(label);
  await work(({ done, total }) => progress.update(done, total)).finally(() => progress.stop());
}
