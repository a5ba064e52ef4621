import { addedNames } from './config/added-names.js';
import { createProgram } from './program.js';
import { flagsOf } from './terminal/flags-of.js';
import { withNewName } from './terminal/new-name.js';
import { report } from './terminal/report.js';
import { watchForTermination } from './terminal/termination.js';

/**
 * Runs the `halfspace` command.
 *
 * @param argv - As in `process.argv`: the program, the script, then what the user wrote.
 * @returns Exit code: 0, 1 for an error, 2 for wrong usage, 130 after Ctrl-C, 143 after SIGTERM.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = watchForTermination();
  const words = argv.slice(2);
  const program = createProgram(stop.signal, await addedNames(words));
  // What nobody caught, such as an error in a timer of a plugin: Node would write it with its stack, and not harmlessly.
  const onUncaught = (error: unknown): void => process.exit(stop.exitCode ?? report(error, program, words));
  process.on('uncaughtException', onUncaught);
  try {
    await program.parseAsync([...argv]);
    return stop.exitCode ?? 0;
  } catch (error) {
    return stop.exitCode ?? report(await withNewName(error, flagsOf(program, words)), program, words);
  } finally {
    process.off('uncaughtException', onUncaught);
    stop.ignore();
    if (stop.exitCode !== undefined) leaveSoon(stop.exitCode);
  }
}

/** Milliseconds that what an interrupted command has left behind may go on. */
const LEFT_BEHIND = 2_000;

/** Libraries may wait for servers that are away, or plugins for whatever they like: none of it keeps an interrupted command alive. */
function leaveSoon(code: number): void {
  setTimeout(() => process.exit(code), LEFT_BEHIND).unref();
}
