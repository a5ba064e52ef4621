import { defineFilter, describeValue, HalfspaceError, type TextFilter } from '@halfspace/contracts';
import { fieldsOf } from '@halfspace/contracts/internal';

/** Which tokens a completion may have. */
export type TokenMask =
  | {
      /** These ids and no others; end tokens, too, only if they are among them. */
      readonly allow: readonly number[];
    }
  | {
      /** All but these ids. */
      readonly forbid: readonly number[];
    };

/**
 * A filter that masks tokens by their ids, as in `tokenFilter({ allow: [yes, no] })`. It knows nothing of text: a word
 * that is forbidden as a token can still be written by others (see `wordFilter`).
 *
 * @throws HalfspaceError `bad-filter` when there are no ids, or one is none
 */
export function tokenFilter(mask: TokenMask): TextFilter {
  const fields = fieldsOf(mask);
  const [kind, ...more] = Object.keys(fields);
  const ids = 'allow' in fields ? fields['allow'] : fields['forbid'];
  if (more.length > 0 || !Array.isArray(ids) || ids.length === 0) {
    throw new HalfspaceError('bad-filter', 'A token filter needs a list of ids: { allow } or { forbid }.');
  }
  const wrong = (ids as number[]).findIndex((id) => !Number.isSafeInteger(id) || id < 0);
  if (wrong >= 0) {
    throw new HalfspaceError(
      'bad-filter',
      `${describeValue(ids[wrong])} is no token id: they are whole numbers from 0.`,
    );
  }
  const named = new Set(ids);
  const allows = kind === 'allow';
  return defineFilter({
    name: 'tokens',
    allows: ({ candidates }) => candidates.map(({ token }) => named.has(token) === allows),
  });
}
