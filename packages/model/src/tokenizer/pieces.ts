import { utf8Bytes } from '../utf8.js';
import { damagedVocabulary } from './damaged-vocabulary.js';

/**
 * Vocabularies of SentencePiece (Kudo & Richardson 2018): pieces are plain text with a mark for the space, and what no piece
 * covers is spelled in tokens of one byte.
 */
export const SPACE = '▁';

/** Characters of all pieces squared: each piece is looked at in all its halves. Gemma's come to twenty million. */
const MOST_SPLITTING = 2 ** 28;

const BYTE = /^<0x([0-9A-F]{2})>$/;

/** The bytes that a piece stands for. */
export function pieceBytes(piece: string): Uint8Array {
  const byte = BYTE.exec(piece)?.[1];
  if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
  return utf8Bytes(piece.replaceAll(SPACE, ' '));
}

/** The normaliser of tokenizer.json that spells a text for such a vocabulary. */
export const PIECE_NORMALIZER = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };

/**
 * The merges that make such a vocabulary: a file has a score for every piece, and of all neighbours in a text that make a
 * piece those with the best score are put together first. Of two ways to make the same piece the one with the longer
 * beginning comes first, as in the tokenizer.json files of Hugging Face.
 *
 * @param pieces - With their scores.
 */
export function mergesOf(pieces: ReadonlyMap<string, number>): [left: string, right: string][] {
  const best = [...pieces].sort(([, a], [, b]) => b - a);
  return best.flatMap(([piece]) => {
    const pairs: [string, string][] = [];
    for (let at = piece.length - 1; at > 0; at--) {
      const [left, right] = [piece.slice(0, at), piece.slice(at)];
      if (pieces.has(left) && pieces.has(right)) pairs.push([left, right]);
    }
    return pairs;
  });
}

/**
 * Refuses pieces that would take too long to be split in all ways.
 *
 * @throws HalfspaceError `corrupt-model`
 */
export function assertShortPieces(name: string, pieces: Iterable<string>): void {
  let work = 0;
  for (const { length } of pieces) work += length ** 2;
  if (work > MOST_SPLITTING) throw damagedVocabulary(name, 'its pieces are longer than any word');
}
