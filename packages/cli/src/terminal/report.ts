import { CommanderError, type Command } from 'commander';
import { errColours } from './colours.js';
import { commandsOf } from './flags-of.js';
import { note, noteText } from './output.js';

/** What is written about an error, and the exit code that goes with it. */
interface Report {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly exitCode: number;
}

/** Characters of a message that are shown: names in files may have millions. */
const LONGEST = 8000;

/** What the system says when a file cannot grow. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * Writes an error on stderr in one line, `error (code): message`, with a hint below where there is one.
 *
 * @param words - What the user wrote after `halfspace`, for the hint where to read on.
 * @returns The exit code: 1, or 2 for wrong usage; 0 where the "error" is that help was asked for.
 */
export function report(error: unknown, program: Command, words: readonly string[]): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  // A bare `halfspace` or `halfspace model`: commander has written the help.
  if (error instanceof CommanderError && error.code === 'commander.help') return 2;
  const { code, message, hint, exitCode } = describe(error, program, words);
  note(`${errColours.red('error')} (${code}): ${shortened(message)}`);
  if (hint !== undefined) note(errColours.dim(hint));
  if (process.env['HALFSPACE_DEBUG'] === '1' && error instanceof Error) {
    noteText(`${withCauses(error)}\n`);
  }
  return exitCode;
}

function shortened(message: string): string {
  if (message.length <= LONGEST) return message;
  return `${message.slice(0, LONGEST / 2)} … ${message.slice(-LONGEST / 2)}`;
}

function describe(error: unknown, program: Command, words: readonly string[]): Report {
  const message = messageOf(error);
  if (error instanceof CommanderError) {
    return {
      code: error.code.replace('commander.', '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      message: message.replace(/^error: /, '').replaceAll('\n', ' '),
      hint: `See: ${commandsOf(program, words)
        .map((command) => command.name())
        .join(' ')} --help`,
      exitCode: 2,
    };
  }
  // By its name and not by its class: core takes a while to load, and a wrong option needs none of it.
  if (error instanceof Error && error.name === 'HalfspaceError' && 'code' in error) {
    return { code: String(error.code), message, exitCode: 1 };
  }
  if (error instanceof Error && 'code' in error && NO_ROOM.has(String(error.code))) {
    return { code: 'disk-full', message: `There is no room left: ${message}. Free some space.`, exitCode: 1 };
  }
  return {
    code: 'unexpected',
    message,
    hint: 'Set HALFSPACE_DEBUG=1 to see where this comes from.',
    exitCode: 1,
  };
}

/** Of anything that can be thrown, such as what a plugin throws: an object may refuse to be a text. */
function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return 'Something was thrown that has no message.';
  }
}

function withCauses(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${withCauses(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
