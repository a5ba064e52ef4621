import { InvalidArgumentError, type Command } from 'commander';
import { collectTexts } from './texts.js';

/** What keeps words and patterns out of completions. */
export interface ForbidFlags {
  readonly forbid?: readonly string[];
  readonly forbidPattern?: readonly RegExp[];
}

/** Adds {@link ForbidFlags} to a command. */
export function addForbidOptions(command: Command): Command {
  return command
    .option(
      '--forbid <word>',
      'never write this word or phrase, in any case; @words.txt names a file with one a line, @words.csv one with a column word; may be repeated',
      collectTexts,
    )
    .option(
      '--forbid-pattern <regex>',
      'never write what matches this regular expression; /…/i for any case; may be repeated',
      collectPatterns,
    );
}

/**
 * Reads a regular expression: its source alone (with the flag `u`), or between slashes with flags behind it.
 *
 * @throws InvalidArgumentError
 */
export function parsePattern(text: string): RegExp {
  const [, source = text, flags = 'u'] = /^\/(.+)\/(\w*)$/s.exec(text) ?? [];
  if (source === '') throw new InvalidArgumentError('It must have at least one character.');
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new InvalidArgumentError(
      `It must be a regular expression of JavaScript. ${error instanceof Error ? error.message : ''}`,
    );
  }
}

function collectPatterns(text: string, earlier: readonly RegExp[] = []): RegExp[] {
  return [...earlier, parsePattern(text)];
}
