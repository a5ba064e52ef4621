import { describeValue } from '@halfspace/contracts';
import { didYouMean } from '../text/nearest.js';
import { givenAsBefore } from '@halfspace/contracts/internal';

/**
 * What Ajv says of a fault, with its option `verbose`.
 *
 * @beta
 */
export interface SchemaFault {
  /** The keyword of the schema that is broken. */
  readonly keyword: string;
  /** Where the value is, as a JSON pointer. */
  readonly instancePath: string;
  /** What the keyword asks for. */
  readonly params: Readonly<Record<string, unknown>>;
  /** In Ajv's words. */
  readonly message?: string;
  /** The name at fault, where it is a name. */
  readonly propertyName?: string;
  /** The value at fault; with `verbose`. */
  readonly data?: unknown;
  /** The schema that it breaks, around the keyword; with `verbose`. */
  readonly parentSchema?: object;
}

/** Characters of a text that are describeValue. */
const MOST_SHOWN = 60;

/**
 * What is wrong with a value, by what Ajv says of it, as a sentence without its stop: where, what it must be, and what it is.
 * `topP must be <= 1; got 2`, `lookAhead must be one of lazy, eager; got "lazi". Did you mean "lazy"?`.
 *
 * @param faults - `errors` of a schema compiled with `verbose`; the first one counts.
 * @param whole - What the whole value is called (default `it`).
 * @beta
 */
export function schemaComplaint(faults: readonly SchemaFault[] | null | undefined, whole = 'it'): string {
  const [fault] = faults ?? [];
  if (fault === undefined) return `${whole} is not as it should be`;
  const place = fault.instancePath.slice(1).replaceAll('/', '.');
  const inside = (name: unknown) => (place === '' ? String(name) : `${place}.${String(name)}`);
  const { keyword, params, data, propertyName } = fault;
  const least = (one: string) => `must have at least ${counted(params['limit'], one)}`;
  const most = (one: string) => `must have at most ${counted(params['limit'], one)}`;
  const at = place || whole;
  if (propertyName !== undefined) {
    return `${at} ${fault.message ?? 'has a name that cannot be'}; got the name ${quoted(propertyName)}`;
  }
  switch (keyword) {
    case 'required':
      return missing(at, String(params['missingProperty']), data);
    case 'additionalProperties':
      return `there is no ${quoted(inside(params['additionalProperty']))}${known(fault)}`;
    case 'enum':
      return `${at} ${oneOf(params['allowedValues'], data)}`;
    case 'discriminator':
      return `${inside(params['tag'])} ${oneOf(tagsOf(fault), params['tagValue'])}`;
    case 'const':
      return `${at} must be ${quoted(params['allowedValue'])}${got(data)}`;
    case 'type':
      return `${at} must be ${String(params['type']).replaceAll(',', ' or ')}${got(data)}`;
    case 'minItems':
      return `${at} ${least('item')}; it has ${(data as readonly unknown[] | undefined)?.length}`;
    case 'maxItems':
      return `${at} ${most('item')}; it has ${(data as readonly unknown[] | undefined)?.length}`;
    case 'minLength':
      return `${at} ${least('character')}`;
    case 'maxLength':
      return `${at} ${most('character')}`;
    case 'minProperties':
      return `${at} ${least('entry')}`;
    case 'uniqueItems':
      return `${at} has the same item twice, at ${String(params['i'])} and ${String(params['j'])}`;
    default:
      return `${at} ${fault.message ?? 'is not as it should be'}${got(data)}`;
  }
}

function missing(at: string, name: string, data: unknown): string {
  const now = givenAsBefore(name, data).replace(/\.$/, '');
  return `${at} must have ${quoted(name)}, which is missing${now === '' ? '' : `.${now}`}`;
}

function oneOf(allowed: unknown, value: unknown): string {
  const names = (Array.isArray(allowed) ? allowed : []).map(String);
  const meant = typeof value === 'string' ? didYouMean(value, names) : '';
  return `must be one of ${names.join(', ')}${got(value)}${meant === '' ? '' : `.${meant}`}`;
}

/** The values that tell the kinds of a union apart. */
function tagsOf({ params, parentSchema }: SchemaFault): unknown[] {
  const { oneOf: kinds = [] } = (parentSchema ?? {}) as {
    oneOf?: readonly { properties: Record<string, { const?: unknown; enum?: readonly unknown[] }> }[];
  };
  return kinds.flatMap(({ properties }) => {
    const { const: only, enum: several } = properties[String(params['tag'])];
    return several ?? [only];
  });
}

function known({ params, parentSchema }: SchemaFault): string {
  const names = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
  if (names.length === 0) return '';
  return `.${didYouMean(String(params['additionalProperty']), names)} There are ${names.join(', ')}`;
}

function got(value: unknown): string {
  return value === undefined ? '' : `; got ${quoted(value)}`;
}

function quoted(value: unknown): string {
  if (typeof value !== 'string')
    return Object.prototype.toString.call(value) === '[object Object]' ? 'an object' : describeValue(value);
  return JSON.stringify(value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value);
}

function counted(count: unknown, one: string): string {
  return `${String(count)} ${count === 1 ? one : one.replace(/y$/, 'ie') + 's'}`;
}
