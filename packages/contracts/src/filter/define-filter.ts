import { seal } from '../plugin/check-plugin.js';
import type { Filter, MaskFilter, TextFilter } from './filter.js';
import { SPECIFICATION_VERSIONS } from '../specification-version.js';
import { checkDefinition } from '../plugin/definition.js';
import { HalfspaceError } from '../errors.js';
import { checkName } from '../plugin/plugin-name.js';

/** What an author writes to declare a filter that judges texts. */
export type TextFilterDefinition = Omit<TextFilter, 'specificationVersion' | 'openMasks'>;

/** What an author writes to declare a filter that masks tokens. */
export type MaskFilterDefinition = Omit<MaskFilter, 'specificationVersion' | 'allows'>;

/** What an author writes to declare a filter. */
export type FilterDefinition = TextFilterDefinition | MaskFilterDefinition;

/**
 * Declares a hard filter: what it refuses is taken out of the reference distribution before attributes
 * re-weight it. One that throws or answers wrongly ends its completion with the error `filter-failed`.
 *
 * @param definition - A name, and either `allows`, which judges texts, or `openMasks`, which masks tokens.
 * @throws HalfspaceError `bad-filter` when the definition is no object, the name is not kebab-case, or it has not exactly one of the
 * two functions.
 */
export function defineFilter(definition: TextFilterDefinition): TextFilter;
export function defineFilter(definition: MaskFilterDefinition): MaskFilter;
export function defineFilter(definition: FilterDefinition): Filter;
export function defineFilter(definition: FilterDefinition): Filter {
  checkDefinition('filter', definition);
  const { name } = definition;
  checkName('filter', name);
  const judges = 'allows' in definition && typeof definition.allows === 'function';
  const masks = 'openMasks' in definition && typeof definition.openMasks === 'function';
  if (judges === masks) {
    throw new HalfspaceError(
      'bad-filter',
      judges
        ? `The filter "${name}" has both allows and openMasks. Make it two filters.`
        : `The filter "${name}" needs a function allows, or a function openMasks.`,
    );
  }
  const base = { specificationVersion: SPECIFICATION_VERSIONS.filter, name };
  return 'allows' in definition && judges
    ? seal<TextFilter>('filter', { ...base, allows: (step) => definition.allows(step) })
    : seal<MaskFilter>('filter', {
        ...base,
        openMasks: (tokenizer, signal) => (definition as MaskFilterDefinition).openMasks(tokenizer, signal),
      });
}
