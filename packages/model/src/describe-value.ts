const LONGEST_TEXT = 100;
const LONGEST_LIST = 5;
const SHORT: Readonly<Record<string, string>> = { '\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r' };
// oxlint-disable-next-line no-control-regex -- those are meant
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

const numbered = (each: string) => `x${each.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;

/** A text between marks that it does not contain, with characters that show on no screen by their numbers. */
function quoted(text: string): string {
  const begin = text.slice(0, LONGEST_TEXT);
  const mark = ["'", '"', '`'].find((each) => !begin.includes(each)) ?? "'";
  const shown = begin
    .replaceAll('\\', '\\\\')
    .replaceAll(mark, `\\${mark}`)
    .replaceAll(CONTROLS, (each) => `\\${SHORT[each] ?? numbered(each)}`);
  const more = text.length - LONGEST_TEXT;
  return `${mark}${shown}${mark}${more > 0 ? `... ${more} more character${more > 1 ? 's' : ''}` : ''}`;
}

function entry(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : '[Array]';
  if (typeof value !== 'object' || value === null) return describeValue(value);
  return Object.keys(value).length === 0 ? '{}' : '[Object]';
}

const nameOf = (key: string) => (/^[A-Za-z_]\w*$/.test(key) ? key : quoted(key));

/** A value that came from a file, as an error message shows it: short, whatever it is. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (Array.isArray(value)) {
    const shown = value.slice(0, LONGEST_LIST).map(entry);
    const more = value.length - LONGEST_LIST;
    if (more > 0) shown.push(`... ${more} more item${more > 1 ? 's' : ''}`);
    return shown.length === 0 ? '[]' : `[ ${shown.join(', ')} ]`;
  }
  if (typeof value !== 'object' || value === null) return String(value as number | boolean | null);
  const entries = Object.entries(value).map(([key, each]) => `${nameOf(key)}: ${entry(each)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
