import { notRendered, TemplateError } from './template-error.js';
import { replaceEach } from './replace-each.js';
import { fixed, print } from './text.js';
import { characters, Float, isDict, lengthOf, numberOf, Tuple, type Named, type Value } from './values.js';
import type { Work } from './work.js';

const PERCENT = /%(?:\(([^()]*)\))?([-+ 0#]*)(\d+|\*)?(?:\.(\d+))?(.?)/gsu;

/** A text in a field at least `width` characters wide. */
export function padded(
  text: string,
  width: number,
  side: 'left' | 'right' | 'both',
  fill: string,
  work: Work,
): string {
  const missing = width - lengthOf(text, work);
  if (missing <= 0) return text;
  work.text(width * fill.length);
  // Where both sides share an odd number, Python's choice hangs on the width.
  const before =
    side === 'left' ? 0 : side === 'right' ? missing : Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(before) + text + fill.repeat(missing - before);
}

/**
 * `text % values` of Python.
 *
 * @throws TemplateError where Python has an error, and for conversions that nobody uses in chats
 */
export function formatPercent(text: string, values: Value, work: Work): string {
  const list = values instanceof Tuple ? values.items : [values];
  let used = 0;
  const result = replaceEach(
    text,
    PERCENT,
    ([all, key, flags = '', width = '', precision, kind = '']: readonly (string | undefined)[]) => {
      if (kind === '%' && all === '%%') return '%';
      if (key !== undefined && !isDict(values)) throw new TemplateError('A format wants a dict');
      const value = key === undefined ? list[used] : isDict(values) ? values.get(key) : undefined;
      if (key === undefined) used += 1;
      if (value === undefined) throw new TemplateError('A format has more places than values');
      if (width === '*' || /[+ #]/.test(flags)) throw notRendered(`The format ${all}`);
      const written = convert(value, kind, precision, work);
      const zeros = flags.includes('0') && !flags.includes('-') && kind !== 's';
      if (!zeros) return padded(written, Number(width), flags.includes('-') ? 'left' : 'right', ' ', work);
      const sign = written.startsWith('-') ? '-' : '';
      return sign + padded(written.slice(sign.length), Number(width) - sign.length, 'right', '0', work);
    },
    work,
  );
  if (used < list.length && !isDict(values) && !(used === 0 && Array.isArray(values)))
    throw new TemplateError('A format has fewer places than values');
  return result;
}

function convert(value: Value, kind: string, precision: string | undefined, work: Work): string {
  if (kind === 's') {
    const text = print(value, work);
    return precision === undefined ? text : characters(text, work).slice(0, Number(precision)).join('');
  }
  const number = numberOf(value);
  if (number === undefined) throw new TemplateError('A format wants a number');
  if (/^[diu]$/.test(kind) && precision === undefined && Number.isFinite(number))
    return BigInt(Math.trunc(number)).toString();
  if (/^[xX]$/.test(kind) && precision === undefined && !(value instanceof Float)) {
    const digits = number.toString(16);
    return kind === 'X' ? digits.toUpperCase() : digits;
  }
  if (/^[fF]$/.test(kind)) return fixed(number, Number(precision ?? 6));
  throw notRendered(`The format %${kind}`);
}

/**
 * `text.format(…)` of Python with plain fields: `{}`, `{0}` and `{name}`.
 *
 * @throws TemplateError where Python has an error, and for fields with more in them
 */
export function formatBraces(text: string, positional: readonly Value[], named: Named, work: Work): string {
  let next = 0;
  const fill = ([all, field]: readonly (string | undefined)[]) => {
    if (all === '{{' || all === '}}') return all.slice(1);
    if (field === undefined) throw new TemplateError('A format has a brace that is alone');
    if (!/^\w*$/.test(field)) throw notRendered(`The format ${all}`);
    if (field === '') next += 1;
    const value = /^\d*$/.test(field)
      ? positional[field === '' ? next - 1 : Number(field)]
      : named.get(field);
    if (value === undefined) throw new TemplateError(`A format has no value for ${all}`);
    return print(value, work);
  };
  return replaceEach(text, /\{\{|\}\}|\{([^{}]*)\}|[{}]/g, fill, work);
}
