/** Writes text on stdout as it is. */
export function write(text: string): void {
  process.stdout.write(text);
}

/** Writes a line on stdout. */
export function print(line = ''): void {
  write(`${line}\n`);
}

/** Writes a value on stdout as a line of JSON. A number that is not finite becomes `null`. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** Writes a line on stderr, where everything goes that is not a result. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}
