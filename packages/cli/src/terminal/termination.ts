import { noteText } from './output.js';

/** Exit codes of the signals, by the shell's custom: 128 and the number of the signal. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Does work that does not give way, and of which there may be much. Nobody would hear of a signal until it is done, so signals end
 * the command there and then: for work that leaves nothing to put in order.
 */
export function endedBySignals<T>(work: () => T): T {
  const names = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[];
  const heard = names.map((name) => [name, process.listeners(name)] as const);
  for (const name of names) process.removeAllListeners(name);
  try {
    return work();
  } finally {
    for (const [name, listeners] of heard) for (const listener of listeners) process.on(name, listener);
  }
}

/** Tells whether the user, the system or the end of the output has asked the command to stop. */
export interface Termination {
  /** Aborted when the command is to stop. */
  readonly signal: AbortSignal;
  /** What to exit with, once the command was asked to stop. */
  readonly exitCode: number | undefined;
  /** Stops watching. */
  ignore(): void;
}

/**
 * Watches for Ctrl-C, for SIGTERM, and for output that nobody takes: a reader that has gone away
 * (`halfspace … | head`) is no error, a full disk is. The first of them lets the command put its things in
 * order; a signal after that ends it there and then.
 */
export function watchForTermination(): Termination {
  const controller = new AbortController();
  let exitCode: number | undefined;

  function stop(code: number, note = ''): void {
    if (exitCode !== undefined) return;
    noteText(note);
    exitCode = code;
    // For the last words of a command, which may turn out to be unwritable after it has ended.
    process.exitCode = code;
    controller.abort();
  }

  function onSignal(name: NodeJS.Signals): void {
    const code = SIGNALS[name as keyof typeof SIGNALS];
    if (exitCode !== undefined) process.exit(code);
    stop(code, name === 'SIGINT' ? '\nInterrupted.\n' : '');
  }

  function onOutputError({ code, message }: NodeJS.ErrnoException): void {
    if (code === 'EPIPE') stop(0);
    else stop(1, `error (output-failed): Cannot write the output: ${message}.\n`);
  }

  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  // oxlint-disable-next-line no-restricted-properties -- hears of errors and writes nothing
  process.stdout.on('error', onOutputError);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    ignore: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
