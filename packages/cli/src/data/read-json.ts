/** Deepest nesting that is read: data has a handful of levels, and a parser takes memory for each. */
const DEEPEST = 1000;

const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
const COLON = /\s*:/y;

/**
 * Reads JSON so that nothing is lost: a whole number that a double cannot hold becomes its digits as a text, a key that
 * stands twice in one object is refused. A byte-order mark is dropped.
 *
 * Parsers that do this build texts from single characters, which takes twenty times the memory; so the text is looked through
 * first and then parsed by the runtime.
 *
 * @throws SyntaxError saying what is wrong, without the place
 */
export function readJson(text: string): unknown {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const parts: string[] = [];
  let from = 0;
  for (const [start, end] of largeIntegers(source)) {
    parts.push(source.slice(from, start), '"', source.slice(start, end), '"');
    from = end;
  }
  const exact = from === 0 ? source : [...parts, source.slice(from)].join('');
  return JSON.parse(exact) as unknown;
}

/** Where whole numbers stand that a double cannot hold. Goes over what is no JSON without complaint. */
function* largeIntegers(text: string): Generator<readonly [start: number, end: number]> {
  // Of each object that is open the keys so far; of a list nothing.
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') {
      const end = endOfText(text, i);
      if (matches(COLON, text, end)) addKey(open.at(-1), text.slice(i, end));
      i = end - 1;
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined);
      if (open.length > DEEPEST) throw new SyntaxError(`it is nested more than ${DEEPEST} deep`);
    } else if (character === '}' || character === ']') open.pop();
    else if (matches(NUMBER, text, i)) {
      const end = NUMBER.lastIndex;
      const digits = text.slice(i, end);
      if (/^-?\d{16,}$/.test(digits) && String(Number(digits)) !== digits) yield [i, end];
      i = end - 1;
    }
  }
}

/** The index behind the quote that closes the text which begins at an index. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text[before] === '\\') before--;
    if ((end - before) % 2 === 1) return end + 1;
  }
  return text.length;
}

function matches(pattern: RegExp, text: string, index: number): boolean {
  pattern.lastIndex = index;
  return pattern.test(text);
}

function addKey(keys: Set<string> | undefined, quoted: string): void {
  const key = String(JSON.parse(quoted));
  if (keys?.has(key)) throw new SyntaxError(`the key ${quoted} stands twice in one object`);
  keys?.add(key);
}
