import { replaceEach } from './replace-each.js';
import { notRendered } from './template-error.js';
import { Work } from './work.js';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAY = 86_400_000;

const at = (names: readonly string[], index: number): string => names[index] ?? '';
const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** Days since the year began; noons are compared so that summer time changes nothing. */
function dayOfYear(date: Date): number {
  const noon = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return (noon - Date.UTC(date.getFullYear(), 0, 1)) / DAY;
}

/** Weeks since the first `first` (0 is Sunday) of the year. */
function week(date: Date, first: number): number {
  return Math.floor((dayOfYear(date) + 7 - ((date.getDay() - first + 7) % 7)) / 7);
}

/** Year and week by ISO 8601: a week belongs to the year that has its Thursday. */
function isoWeek(date: Date): [year: number, week: number] {
  const thursday = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 4 - (date.getDay() || 7));
  return [thursday.getFullYear(), Math.floor(dayOfYear(thursday) / 7) + 1];
}

const CODES: Readonly<Record<string, (date: Date) => string>> = {
  '%': () => '%',
  A: (date) => at(DAYS, date.getDay()),
  a: (date) => at(DAYS, date.getDay()).slice(0, 3),
  B: (date) => at(MONTHS, date.getMonth()),
  b: (date) => at(MONTHS, date.getMonth()).slice(0, 3),
  C: (date) => pad(Math.floor(date.getFullYear() / 100)),
  D: (date) => strftime('%m/%d/%y', date),
  F: (date) => strftime('%Y-%m-%d', date),
  G: (date) => String(isoWeek(date)[0]),
  H: (date) => pad(date.getHours()),
  I: (date) => pad(date.getHours() % 12 || 12),
  M: (date) => pad(date.getMinutes()),
  R: (date) => strftime('%H:%M', date),
  S: (date) => pad(date.getSeconds()),
  T: (date) => strftime('%H:%M:%S', date),
  U: (date) => pad(week(date, 0)),
  V: (date) => pad(isoWeek(date)[1]),
  W: (date) => pad(week(date, 1)),
  X: (date) => strftime('%H:%M:%S', date),
  Y: (date) => String(date.getFullYear()),
  Z: () => '',
  c: (date) => strftime('%a %b %e %H:%M:%S %Y', date),
  d: (date) => pad(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2),
  f: (date) => pad(date.getMilliseconds() * 1000, 6),
  h: (date) => strftime('%b', date),
  j: (date) => pad(dayOfYear(date) + 1, 3),
  m: (date) => pad(date.getMonth() + 1),
  n: () => '\n',
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  t: () => '\t',
  u: (date) => String(date.getDay() || 7),
  w: (date) => String(date.getDay()),
  x: (date) => strftime('%m/%d/%y', date),
  y: (date) => pad(date.getFullYear() % 100),
  z: () => '',
};

/**
 * A moment in local time as Python's `strftime` writes it in the locale C. `%-d` and the like leave zeros out.
 *
 * @throws TemplateError for codes that mean something else on each system
 */
export function strftime(format: string, date: Date, work = new Work()): string {
  const moment = ([all, bare, code = '']: readonly (string | undefined)[]) => {
    const write = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
    if (write === undefined) throw notRendered(`The date code ${all}`);
    return bare === '' ? write(date) : write(date).replace(/^[0 ]+(?=\d)/, '');
  };
  return replaceEach(format, /%(-?)(.?)/gsu, moment, work);
}
