import { HalfspaceError } from '@halfspace/contracts';

/** A formula as it was written. */
export interface FormulaSource {
  /** What it is, for messages, as in `The formula`. */
  readonly what: string;
  /** Its text. */
  readonly text: string;
}

/** Characters of a formula that a message quotes. */
const MOST_QUOTED = 60;

/**
 * The error of a formula that cannot be taken.
 *
 * @param piece - What is wrong in it, as it was written or as the parser writes it.
 * @param fault - Why, as a sentence.
 */
export function formulaInvalid({ what, text }: FormulaSource, piece: string, fault: string): HalfspaceError {
  const at = placeOf(piece, text);
  const where = at < 0 ? '' : `character ${at + 1}, `;
  return new HalfspaceError('formula-invalid', `${what} is wrong at ${where}"${quoted(piece)}": ${fault}`);
}

/** Where a piece begins, not in the middle of a name; −1 where the parser writes it in another way. */
function placeOf(piece: string, text: string): number {
  const pattern = piece.replaceAll(/[^\w\s]/g, String.raw`\$&`);
  return text.search(new RegExp(String.raw`(?<![\w$.])${pattern}(?!\w)`));
}

function quoted(piece: string): string {
  return piece.length > MOST_QUOTED ? `${piece.slice(0, MOST_QUOTED)}…` : piece;
}
