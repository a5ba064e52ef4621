/**
 * What a terminal obeys instead of showing it: control characters of both sets but for line breaks and tabs, a carriage
 * return that no line break follows, and what turns the direction of text or breaks lines unseen.
 */
const OBEYED = /(?![\n\t])(?!\r\n)[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u206F]/gu;

/** Those that have a name of one letter. */
const NAMED: Readonly<Record<string, string>> = {
  '\b': String.raw`\b`,
  '\f': String.raw`\f`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
};

/**
 * Text from elsewhere as a terminal may have it: what it would obey stands there as an escape, such as `\u001b` or `\r`. Line
 * breaks and tabs stay, and so does all other text, whatever its script.
 */
export function harmless(text: string): string {
  return text.replaceAll(OBEYED, escaped);
}

/** Like {@link harmless}, in one line: line breaks and tabs are escaped too. */
export function inLine(text: string): string {
  return harmless(text).replaceAll(/[\r\n\t]/g, escaped);
}

/** A line of JSON with the same values, in which what a terminal would obey is escaped as JSON has it. */
export function harmlessJson(line: string): string {
  return line.replaceAll(OBEYED, codeUnit);
}

function escaped(character: string): string {
  return NAMED[character] ?? codeUnit(character);
}

function codeUnit(character: string): string {
  return String.raw`\u` + character.charCodeAt(0).toString(16).padStart(4, '0');
}
