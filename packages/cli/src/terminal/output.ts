// The one way out of the command: nothing else writes on stdout or stderr (.oxlintrc.json). Prompts, text of models, names from
// files and messages of others may hold what a terminal obeys, so all of it is written harmlessly.
/* oxlint-disable no-restricted-properties -- this is the way */
import { styled } from './colours.js';
import { harmlessJson } from './harmless.js';

/** Writes on stdout for a person, as {@link styled} has it, wherever stdout leads. */
export function write(text: string): void {
  process.stdout.write(styled(text));
}

/** Writes a line on stdout for a person. */
export function print(line = ''): void {
  write(`${line}\n`);
}

/**
 * Writes text of prompts and completions on stdout: harmlessly on a terminal, and exactly as it is into a pipe or a file,
 * where it is data.
 */
export function writeText(text: string): void {
  process.stdout.write(process.stdout.isTTY ? styled(text) : text);
}

/**
 * Writes a value on stdout as a line of JSON. A number that is not finite becomes `null`. On a terminal it is written with
 * more escapes than elsewhere, which stand for the same value.
 */
export function printJson(value: unknown): void {
  const line = JSON.stringify(value);
  process.stdout.write(`${process.stdout.isTTY ? harmlessJson(line) : line}\n`);
}

/** Writes a line on stderr, where everything goes that is not a result. Line breaks in it are indented, so that it stays one thing. */
export function note(line: string): void {
  noteText(`${line.replaceAll('\n', '\n  ')}\n`);
}

/** Writes on stderr, as {@link styled} has it. */
export function noteText(text: string): void {
  process.stderr.write(styled(text));
}

/** Writes what a terminal is to obey on stderr. Never with text from elsewhere in it. */
export function command(sequence: string): void {
  process.stderr.write(sequence);
}
