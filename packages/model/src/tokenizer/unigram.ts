import { utf8Bytes } from '../utf8.js';

/** What comes on top of the lowest score for a character that no piece covers, as SentencePiece has it. */
const UNKNOWN_PENALTY = 10;

/** UTF-16 units of all pieces: the largest vocabularies come to two million. Each may take fifty bytes. */
const MOST_UNITS = 2 ** 23;

/** A vocabulary of the unigram language model (Kudo 2018). */
export interface UnigramVocabulary {
  /** Every piece with the logarithm of its probability, in the order of ids. */
  readonly pieces: readonly (readonly [piece: string, score: number])[];
  /** The id for what no piece covers. */
  readonly unknown: number | undefined;
  /** Whether that is spelled in tokens of one byte instead. */
  readonly byteFallback: boolean;
  /** Ids that no text becomes. */
  readonly without: ReadonlySet<number>;
}

/** The best way to a place in a text. */
interface Step {
  readonly score: number;
  readonly from: number;
  readonly known: boolean;
}

/**
 * Splits a text into the pieces that are most probable together; of equal ways the one that is found first counts.
 *
 * @throws Error where the pieces are longer than those of any vocabulary
 */
export function createUnigram({ pieces, unknown, byteFallback, without }: UnigramVocabulary) {
  const trie = new PieceTrie();
  const ids = new Map<string, number>();
  let lowest = Infinity;
  if (pieces.reduce((sum, [piece]) => sum + piece.length, 0) > MOST_UNITS)
    throw new Error('its pieces are longer than those of any vocabulary');
  pieces.forEach(([piece, score], id) => {
    lowest = Math.min(lowest, score);
    if (without.has(id)) return;
    trie.add(piece, score);
    ids.set(piece, id);
  });
  const unknownScore = lowest - UNKNOWN_PENALTY;
  const bytesOf = (piece: string) =>
    Array.from(utf8Bytes(piece), (byte) =>
      ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
  const idsOf = (piece: string): (number | undefined)[] => {
    const id = ids.get(piece);
    if (id !== undefined) return [id];
    const bytes = byteFallback ? bytesOf(piece) : [undefined];
    return bytes.includes(undefined) ? [unknown] : bytes;
  };
  /** Ids of a text that spaces are marked in. */
  return (text: string): number[] =>
    bestPieces(text, trie, unknownScore)
      .flatMap(idsOf)
      .filter((id) => id !== undefined);
}

function bestPieces(text: string, trie: PieceTrie, unknownScore: number): string[] {
  const best: (Step | undefined)[] = [{ score: 0, from: 0, known: true }];
  const reach = (to: number, step: Step) => {
    const before = best[to];
    if (before === undefined || step.score > before.score) best[to] = step;
  };
  for (let from = 0; from < text.length;) {
    const { score: before } = best[from] as Step;
    const next = from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1);
    let single = false;
    trie.eachPrefix(text, from, (to, score) => {
      reach(to, { score: before + score, from, known: true });
      single ||= to === next;
    });
    if (!single) reach(next, { score: before + unknownScore, from, known: false });
    from = next;
  }
  return backtrack(text, best);
}

/** The pieces of the best way, what is unknown in one. */
function backtrack(text: string, best: readonly (Step | undefined)[]): string[] {
  const pieces: string[] = [];
  let open: number | undefined;
  for (let to = text.length; to > 0;) {
    const { from, known } = best[to] as Step;
    if (!known) open ??= to;
    if (known && open !== undefined) pieces.push(text.slice(to, open));
    if (known) {
      open = undefined;
      pieces.push(text.slice(from, to));
    } else if (from === 0) pieces.push(text.slice(0, open));
    to = from;
  }
  return pieces.reverse();
}

/** Pieces by their UTF-16 units, in one map: hundreds of thousands of them take little memory so. */
class PieceTrie {
  readonly #next = new Map<number, number>();
  readonly #scores: (number | undefined)[] = [undefined];

  add(piece: string, score: number): void {
    let node = 0;
    for (let at = 0; at < piece.length; at++) {
      const key = node * 2 ** 16 + piece.charCodeAt(at);
      let next = this.#next.get(key);
      if (next === undefined) {
        next = this.#scores.push(undefined) - 1;
        this.#next.set(key, next);
      }
      node = next;
    }
    if (node > 0) this.#scores[node] = score;
  }

  /** Every piece that stands at `from`, shortest first: where it ends, and its score. */
  eachPrefix(text: string, from: number, found: (to: number, score: number) => void): void {
    let node: number | undefined = 0;
    for (let at = from; at < text.length; at++) {
      node = this.#next.get(node * 2 ** 16 + text.charCodeAt(at));
      if (node === undefined) return;
      const score = this.#scores[node];
      if (score !== undefined) found(at + 1, score);
    }
  }
}
