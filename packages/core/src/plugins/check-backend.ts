import {
  type Backend,
  type BackendV1,
  complaintOf,
  describeValue,
  HalfspaceError,
  isHalfspaceError,
  type ModelInfo,
  type Tokenizer,
} from '@halfspace/contracts';
import { checkVersion, fieldsOf, versionOf } from '@halfspace/contracts/internal';

/** What a field has to be. */
type Rule = readonly [what: string, holds: (value: unknown) => boolean];

/** Rules for all that a contract requires. */
type Rules<T> = { readonly [F in keyof T as undefined extends T[F] ? never : F]-?: Rule } & {
  readonly [F in keyof T]?: Rule;
};

const METHOD: Rule = ['a function', (value) => typeof value === 'function'];
const OPTIONAL_METHOD: Rule = ['a function', (value) => value === undefined || typeof value === 'function'];
const TEXT: Rule = ['a text', (value) => typeof value === 'string' && value !== ''];
const COUNT: Rule = ['a whole number above 0', (value) => Number.isSafeInteger(value) && Number(value) > 0];
const OBJECT: Rule = ['an object', (value) => typeof value === 'object' && value !== null];

const PARTS = {
  prefill: METHOD,
  next: METHOD,
  lookAhead: METHOD,
  logProbs: METHOD,
  states: METHOD,
  fork: METHOD,
  release: METHOD,
  dispose: METHOD,
  model: OBJECT,
  tokenizer: OBJECT,
};

const BACKEND: Rules<Backend> = {
  specificationVersion: ['a number', (value) => typeof value === 'number'],
  ...PARTS,
  exact: ['true or false', (value) => typeof value === 'boolean'],
};

/** Its version has been looked at by then. */
const BACKEND_V1: Rules<Omit<BackendV1, 'contract'>> = PARTS;

const MODEL: Rules<ModelInfo> = {
  name: TEXT,
  fingerprint: TEXT,
  layers: COUNT,
  width: COUNT,
  contextLength: ['a number above 0', (value) => typeof value === 'number' && value > 0],
  cut: ['a layer', (value) => value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0)],
  rowsPerCall: [
    'a number of rows',
    (value) => value === undefined || (Number.isSafeInteger(value) && Number(value) > 0),
  ],
  rowCost: [
    'a share of at least 0',
    (value) => value === undefined || (typeof value === 'number' && value >= 0),
  ],
};

const TOKENIZER: Rules<Tokenizer> = {
  vocabularySize: COUNT,
  endTokens: ['a set', (value) => typeof fieldsOf(value)['has'] === 'function'],
  encode: METHOD,
  decode: METHOD,
  bytes: METHOD,
  renderChat: METHOD,
  encodeChat: OPTIONAL_METHOD,
  fewestTokens: OPTIONAL_METHOD,
};

/**
 * Refuses an object that is no backend, or one for another version of the contracts: all that the contracts of backend, model
 * and tokenizer require is looked at.
 *
 * @throws HalfspaceError `contract-mismatch`, `bad-backend`
 */
export function checkBackend(backend: unknown): void {
  if (backend instanceof Promise) throw bad('It is a promise: await it.');
  try {
    const fields = fieldsOf(backend);
    const { name } = fieldsOf(fields['model']);
    const label = typeof name === 'string' ? `backend of ${name}` : 'backend';
    const version = versionOf(fields);
    checkVersion('backend', label, version);
    const faults = [
      ...faultsOf(fields, version === 1 ? BACKEND_V1 : BACKEND, ''),
      ...(OBJECT[1](fields['model']) ? faultsOf(fieldsOf(fields['model']), MODEL, 'model.') : []),
      ...(OBJECT[1](fields['tokenizer'])
        ? faultsOf(fieldsOf(fields['tokenizer']), TOKENIZER, 'tokenizer.')
        : []),
    ];
    if (faults.length > 0)
      throw bad(`${sentence(faults)} Make it with a backend package, such as @halfspace/backend-onnx.`);
  } catch (error) {
    if (isHalfspaceError(error)) throw error;
    throw bad(`It cannot be looked at: ${complaintOf(error)}.`, error);
  }
}

/** A field that is not as it has to be. */
interface Fault {
  readonly field: string;
  /** What it has to be, and is not; undefined where there is none. */
  readonly wrong?: string;
}

function faultsOf(
  fields: Readonly<Record<PropertyKey, unknown>>,
  rules: Readonly<Record<string, Rule>>,
  place: string,
): Fault[] {
  return Object.entries(rules).flatMap(([name, [what, holds]]) => {
    const value = fields[name];
    if (holds(value)) return [];
    const field = `${place}${name}`;
    return [value === undefined ? { field } : { field, wrong: `is ${describeValue(value)} and not ${what}` }];
  });
}

function sentence(faults: readonly Fault[]): string {
  const missing = faults.filter(({ wrong }) => wrong === undefined).map(({ field }) => field);
  const wrong = faults.flatMap((each) =>
    each.wrong === undefined ? [] : [`its ${each.field} ${each.wrong}`],
  );
  const lacks = missing.length > 0 ? [`it lacks ${missing.join(', ')}`] : [];
  const text = [...lacks, ...wrong].join('; ');
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

function bad(fault: string, cause?: unknown): HalfspaceError {
  return new HalfspaceError(
    'bad-backend',
    `The backend is none. ${fault}`,
    cause === undefined ? {} : { cause },
  );
}
