/** Attributes that had another name before. */
const ATTRIBUTES = { toxicity: ['nontoxic'], helpfulness: ['helpful'], truthfulness: ['truthful'] };

/** What was called otherwise before: options, flags of the command, keys of files, values of these, and attributes. */
const RENAMED: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    ...ATTRIBUTES,
    attributes: ['weights', 'measure'],
    below: ['ifMeanBelow'],
    calibrated: ['margin'],
    drafts: ['maxAttempts'],
    early: ['earlyExit'],
    effects: ['tokenEffects'],
    form: ['bonus'],
    reader: ['referenceModel'],
    readers: ['referenceModels'],
    redrawBelow: ['redrawIfMeanBelow'],
    reversion: ['meanReversion'],
    rows: ['evaluations'],
  }),
);

/** Options that others have taken the place of elsewhere: beside which option they stood, and what is there now. */
const MOVED: ReadonlyMap<string, { readonly beside: string; readonly now: string }> = new Map([
  ['concurrency', { beside: 'maxTokens', now: 'limits.maxRows of createHalfspace' }],
]);

/**
 * What has taken the place of something that was here in an earlier version; undefined where nothing has.
 *
 * @param name - As it was called.
 * @param names - Those that there are now.
 * @returns A name, and where it is: `limits.maxRows of createHalfspace`
 * @beta
 */
export function moved(name: string, names: Iterable<string>): string | undefined {
  const found = MOVED.get(name);
  return found !== undefined && new Set(names).has(found.beside) ? found.now : undefined;
}

/**
 * What something is called now that had another name in an earlier version: an option, a flag in camel case, a key of a file, an
 * attribute.
 *
 * @param name - As it was called.
 * @param names - Those that there are now.
 * @returns One of `names`; undefined where it had no other name, or is something else here.
 * @beta
 */
export function renamed(name: string, names: Iterable<string>): string | undefined {
  const known = new Set(names);
  return RENAMED.get(name)?.find((now) => known.has(now));
}

/**
 * A sentence to go behind a message that something is missing: ` "form" is now "bonus".`, or nothing where it is not there under
 * an earlier name.
 *
 * @param name - What is missing, as it is called now.
 * @param given - The object that it is missing from.
 * @beta
 */
export function givenAsBefore(name: string, given: unknown): string {
  const keys = typeof given === 'object' && given !== null ? Object.keys(given) : [];
  const before = keys.find((key) => renamed(key, [name]) !== undefined);
  return before === undefined ? '' : nowCalled(before, name);
}

/**
 * A sentence to go behind a message: ` "form" is now "bonus".`
 *
 * @beta
 */
export function nowCalled(before: string, now: string): string {
  return ` ${JSON.stringify(before)} is now ${JSON.stringify(now)}.`;
}

/**
 * What is wrong with the name of an attribute that was called so before; undefined where nothing is.
 *
 * @returns `"toxicity" is now "nontoxic": an attribute is named by …`, without a stop
 */
export function attributeNameFault(name: string): string | undefined {
  const [now] = Object.entries(ATTRIBUTES).find(([before]) => before === name)?.[1] ?? [];
  if (now === undefined) return undefined;
  const rule = 'an attribute is named by what is true of the text on its positive side, as an adjective';
  return `${JSON.stringify(name)} is now ${JSON.stringify(now)}: ${rule}`;
}
