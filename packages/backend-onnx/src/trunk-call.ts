import type { TokenNode } from './token-tree.js';

/** Added to the score of what a row must not see; its weight becomes exactly zero. */
const UNSEEN = -1e9;

/** A line of keys and values has whole steps of this many places: the widest vector that sums are made in. */
const LINE_STEP = 16;

/** A text and the tokens to be run after it. */
export interface Branch {
  readonly parent: TokenNode | undefined;
  /** Tokens of the text up to and including `parent`. */
  readonly length: number;
  /** At least one. */
  readonly tokens: readonly number[];
  /** `chain`: the tokens follow one another, as in a prompt. `fan`: each alone follows the text. */
  readonly shape: 'chain' | 'fan';
  /** For a fan, the places of its rows behind the text, ascending (default: 0, 1, 2, …). */
  readonly places?: readonly number[];
}

/** Where a row of a branch has its keys and values in the line. */
function placeOf({ length, places }: Branch, row: number): number {
  return length + (places?.[row] ?? row);
}

/** Inputs of the trunk, as its graph names them; N rows of B texts, R rows and a line of T places a text. */
export interface TrunkCall {
  readonly rows: number;
  readonly texts: number;
  readonly rowsOfText: number;
  readonly line: number;
  readonly tokens: BigInt64Array;
  readonly positions: BigInt64Array;
  readonly queryIndex: BigInt64Array;
  readonly outputIndex: BigInt64Array;
  readonly pastSlots: BigInt64Array;
  readonly slotMapping: BigInt64Array;
  readonly mask: Float32Array;
  /** The mask of blocks with a sliding window, for a model that has some. */
  readonly windowMask?: Float32Array;
}

/**
 * Lays out a call. A text has its ancestors at the places 0, 1, … of its line and its rows after them, so
 * that what a row adds up, and in which order, is the same whatever else is in the call. For the same end a
 * text has two rows at least: ONNX Runtime multiplies a single one by another kernel.
 *
 * @param window - How many tokens a token sees in blocks with a sliding window, if there are some.
 */
export function trunkCall(branches: readonly Branch[], window?: number): TrunkCall {
  const rows = branches.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const texts = branches.length;
  const rowsOfText = Math.max(2, ...branches.map(({ tokens }) => tokens.length));
  const longest = Math.max(...branches.map((branch) => placeOf(branch, branch.tokens.length - 1) + 1));
  const line = Math.ceil(longest / LINE_STEP) * LINE_STEP;
  const call = {
    rows,
    texts,
    rowsOfText,
    line,
    tokens: new BigInt64Array(rows),
    positions: new BigInt64Array(rows),
    queryIndex: new BigInt64Array(texts * rowsOfText * 2),
    outputIndex: new BigInt64Array(rows * 2),
    pastSlots: new BigInt64Array(texts * line),
    slotMapping: new BigInt64Array(rows * 2),
    mask: new Float32Array(texts * rowsOfText * line).fill(UNSEEN),
    ...(window !== undefined && {
      windowMask: new Float32Array(texts * rowsOfText * line).fill(UNSEEN),
    }),
  };
  let first = 0;
  branches.forEach((branch, text) => {
    layOut(call, branch, text, first, window);
    first += branch.tokens.length;
  });
  return call;
}

/** Fills in one text, whose rows start at row `first` of the call. */
function layOut(call: TrunkCall, branch: Branch, text: number, first: number, window = Infinity): void {
  const { parent, length, tokens, shape } = branch;
  let place = length;
  for (let node = parent; node !== undefined; node = node.parent) {
    call.pastSlots[text * call.line + --place] = BigInt(node.slot);
  }
  for (let r = 0; r < call.rowsOfText; r++) {
    // A text with fewer rows than others repeats its first.
    const own = r < tokens.length ? r : 0;
    const start = (text * call.rowsOfText + r) * call.line;
    call.queryIndex[(text * call.rowsOfText + r) * 2 + 1] = BigInt(first + own);
    const place = placeOf(branch, own);
    const position = shape === 'chain' ? place : length;
    const oldest = Math.max(0, position - window + 1);
    const see = (mask: Float32Array, from: number) => {
      if (from < length) mask.fill(0, start + from, start + length);
      mask.fill(0, start + (shape === 'chain' ? Math.max(from, length) : place), start + place + 1);
    };
    see(call.mask, 0);
    if (call.windowMask !== undefined) see(call.windowMask, oldest);
  }
  tokens.forEach((token, r) => {
    const row = first + r;
    call.tokens[row] = BigInt(token);
    call.positions[row] = BigInt(shape === 'chain' ? length + r : length);
    call.outputIndex.set([BigInt(text), BigInt(r)], row * 2);
    call.slotMapping.set([BigInt(text), BigInt(placeOf(branch, r))], row * 2);
  });
}
