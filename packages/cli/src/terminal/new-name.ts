import { CommanderError } from 'commander';

/** What commander says of a flag that it does not know, such as `error: unknown option '--form'`. */
const UNKNOWN = /^error: unknown option '--([a-z-]+)/;

/**
 * An error of a flag that had another name before, with the name that it has now; any other error as it is. Core, which knows the
 * names, is loaded where a flag is not known, not before.
 *
 * @param flags - Those that the command has, such as `--bonus`.
 */
export async function withNewName(error: unknown, flags: readonly string[]): Promise<unknown> {
  if (!(error instanceof CommanderError) || error.code !== 'commander.unknownOption') return error;
  const [, before] = UNKNOWN.exec(error.message) ?? [];
  if (before === undefined) return error;
  const { renamed } = await import('@halfspace/core');
  const now = renamed(
    inCamelCase(before),
    flags.map((flag) => inCamelCase(flag.replace(/^--/, ''))),
  );
  if (now === undefined) return error;
  const flag = now.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return new CommanderError(error.exitCode, error.code, `error: '--${before}' is now '--${flag}'`);
}

function inCamelCase(flag: string): string {
  return flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
