import { ref, type Rule } from '../rule/rule.js';
import { FORMATS } from './formats.js';
import { patternRule } from './pattern.js';
import type { Refuse } from './refuse.js';
import type { SchemaObject } from './schema-object.js';
import { countOf } from './counts.js';
import { anyString, encoded, lengthsOf, MOST_CHARACTERS, quoted } from './strings.js';

/** Strings as a schema describes them. */
export function stringRule(schema: SchemaObject, refuse: Refuse): Rule {
  const { pattern, format } = schema;
  const min = countOf(schema, 'minLength', refuse) ?? 0;
  const max = countOf(schema, 'maxLength', refuse);
  if (min > MOST_CHARACTERS) refuse(`has a minLength of ${min}, and at most ${MOST_CHARACTERS} is taken`);
  if (pattern === undefined && format === undefined) return anyString(ref('character'), min, max);
  if (pattern !== undefined && format !== undefined)
    refuse('has a pattern and a format, which is not supported');
  const rule = pattern === undefined ? formatRule(format, refuse) : patternOf(pattern, refuse);
  const lengths = lengthsOf(rule);
  if (lengths.min < min || lengths.max > (max ?? Infinity)) {
    refuse(
      `has a ${pattern === undefined ? 'format' : 'pattern'} beside minLength or maxLength, whose texts have ${lengths.min} to ${lengths.max} characters. ` +
        'Say the length in a pattern, as in ^[a-z]{1,20}$',
    );
  }
  return quoted(encoded(rule));
}

function patternOf(pattern: unknown, refuse: Refuse): Rule {
  return typeof pattern === 'string' ? patternRule(pattern, refuse) : refuse('has a pattern that is no text');
}

function formatRule(format: unknown, refuse: Refuse): Rule {
  const found = FORMATS.get(String(format));
  if (found !== undefined) return found;
  return refuse(`has the format ${JSON.stringify(format)}; there are ${[...FORMATS.keys()].join(', ')}`);
}
