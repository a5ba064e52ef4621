import type { Command } from 'commander';

/** The program and the commands that words lead to: `halfspace`, `model` and `list` for `['model', 'list', '--json']`. */
export function commandsOf(command: Command, [word, ...rest]: readonly string[]): Command[] {
  const next = command.commands.find((each) => each.name() === word);
  return [command, ...(next === undefined ? [] : commandsOf(next, rest))];
}

/** The flags of the command that words lead to, such as `--bonus`. */
export function flagsOf(program: Command, words: readonly string[]): string[] {
  const command = commandsOf(program, words).at(-1);
  return (command?.options ?? []).flatMap(({ long }) => long ?? []);
}
