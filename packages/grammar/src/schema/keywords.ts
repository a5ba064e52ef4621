/** Keywords that say nothing of which documents are valid. */
const ANNOTATIONS = new Set([
  '$comment',
  '$defs',
  '$id',
  '$schema',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
  'default',
  'definitions',
  'deprecated',
  'description',
  'example',
  'examples',
  'id',
  'readOnly',
  'title',
  'writeOnly',
]);

/** Keywords by the type of the values that they are about. */
const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  object: [
    'properties',
    'required',
    'additionalProperties',
    'minProperties',
    'maxProperties',
    'unevaluatedProperties',
    'patternProperties',
    'propertyNames',
    'dependentRequired',
    'dependencies',
  ],
  array: [
    'items',
    'prefixItems',
    'additionalItems',
    'minItems',
    'maxItems',
    'uniqueItems',
    'unevaluatedItems',
    'contains',
    'minContains',
    'maxContains',
  ],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
};

/** Keywords that say which documents are valid, and that are kept. */
const KEPT = new Set([
  '$ref',
  'allOf',
  'anyOf',
  'const',
  'enum',
  'oneOf',
  'type',
  ...Object.values(BY_TYPE).flat(),
]);

/** Keywords that say which documents are valid, and that a grammar cannot keep, or that are not supported. */
const REFUSED = new Set([
  '$anchor',
  '$dynamicAnchor',
  '$dynamicRef',
  '$recursiveAnchor',
  '$recursiveRef',
  'dependentSchemas',
  'else',
  'if',
  'not',
  'then',
]);

/** What a keyword is to a grammar. Keywords that JSON Schema does not know mean nothing, as it says. */
export function roleOf(keyword: string): 'kept' | 'refused' | 'ignored' {
  if (KEPT.has(keyword)) return 'kept';
  return REFUSED.has(keyword) && !ANNOTATIONS.has(keyword) ? 'refused' : 'ignored';
}

/** The types that a schema without `type` is about, by its keywords; none where it is about any. */
export function typesByKeywords(keywords: readonly string[]): string[] {
  return Object.keys(BY_TYPE).filter((type) => BY_TYPE[type].some((each) => keywords.includes(each)));
}

/** Whether a keyword is about values of a type. */
export function isAbout(keyword: string, type: string): boolean {
  return BY_TYPE[type === 'integer' ? 'number' : type]?.includes(keyword) ?? false;
}
