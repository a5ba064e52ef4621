import type { Command } from 'commander';

/** What every command takes. */
export interface JsonFlag {
  readonly json?: true;
}

/** Adds {@link JsonFlag} to a command. */
export function addJsonOption(command: Command): Command {
  return command.option('--json', 'print JSON lines on stdout, and everything else on stderr');
}
