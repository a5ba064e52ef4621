import type { TokenNode } from '../token-tree.js';
import { UNSEEN, type Branch } from '../trunk-call.js';

/** A line has whole steps of this many slots: calls of about the same length have the same sizes, for which a device keeps buffers. */
const LINE_STEP = 16;

/** Inputs of the trunk of a GPU, as its graph names them: N rows, and one line of L slots for all of them. */
export interface GpuCall {
  readonly rows: number;
  readonly line: number;
  /** [N] */
  readonly tokens: BigInt64Array;
  /** [N] */
  readonly positions: BigInt64Array;
  /** [N] */
  readonly rowSlots: BigInt64Array;
  /** [heads of keys · L] */
  readonly lineOfHeads: BigInt64Array;
  /** [N, L] */
  readonly mask: Float32Array;
  /** The mask of blocks with a sliding window, for a model that has some. */
  readonly windowMask?: Float32Array;
}

/** The slots of the ancestors of all branches, each once and in order, and where each has its column of the line. */
function ancestorsOf(branches: readonly Branch[]): Map<number, number> {
  const seen = new Set<TokenNode>();
  for (const { parent } of branches) {
    // What lies above a node that was seen was seen with it.
    for (let node = parent; node !== undefined && !seen.has(node); node = node.parent) seen.add(node);
  }
  const slots = new Set([...seen].map(({ slot }) => slot));
  return new Map([...slots].sort((a, b) => a - b).map((slot, column) => [slot, column]));
}

/**
 * Lays out a call.
 *
 * @param slots - Of the rows, in order.
 * @param keyValueHeads - Heads of keys and values.
 * @param window - How many tokens a token sees in blocks with a sliding window, if there are some.
 */
export function gpuCall(
  branches: readonly Branch[],
  slots: readonly number[],
  keyValueHeads: number,
  window?: number,
): GpuCall {
  const rows = slots.length;
  const ancestors = ancestorsOf(branches);
  const line = Math.ceil((ancestors.size + rows) / LINE_STEP) * LINE_STEP;
  const lineOfHeads = new BigInt64Array(keyValueHeads * line);
  [...ancestors.keys(), ...slots].forEach((slot, column) => {
    for (let head = 0; head < keyValueHeads; head++)
      lineOfHeads[head * line + column] = BigInt(slot * keyValueHeads + head);
  });
  const call = {
    rows,
    line,
    tokens: new BigInt64Array(rows),
    positions: new BigInt64Array(rows),
    rowSlots: BigInt64Array.from(slots, BigInt),
    lineOfHeads,
    mask: new Float32Array(rows * line).fill(UNSEEN),
    ...(window !== undefined && { windowMask: new Float32Array(rows * line).fill(UNSEEN) }),
  };
  let first = 0;
  for (const branch of branches) {
    layOut(call, branch, ancestors, first);
    if (window !== undefined && call.windowMask !== undefined)
      seeWindow(call.windowMask, call.line, branch, ancestors, first, window);
    first += branch.tokens.length;
  }
  return call;
}

/** Columns of the ancestors of a branch, by their positions in the text. */
function columnsOf({ parent, length }: Branch, ancestors: ReadonlyMap<number, number>): number[] {
  const columns = Array.from({ length }, () => 0);
  let position = length;
  for (let node = parent; node !== undefined; node = node.parent)
    columns[--position] = ancestors.get(node.slot) ?? 0;
  return columns;
}

/** Fills in the rows of a branch, which start at row `first` of the call. */
function layOut(call: GpuCall, branch: Branch, ancestors: ReadonlyMap<number, number>, first: number): void {
  const { length, tokens, shape } = branch;
  const columns = columnsOf(branch, ancestors);
  tokens.forEach((token, r) => {
    const row = first + r;
    call.tokens[row] = BigInt(token);
    call.positions[row] = BigInt(shape === 'chain' ? length + r : length);
    const start = row * call.line;
    for (const column of columns) call.mask[start + column] = 0;
    const own = start + ancestors.size;
    call.mask.fill(0, own + (shape === 'chain' ? first : row), own + row + 1);
  });
}

/** As {@link layOut}, the mask of the nearest tokens alone. */
function seeWindow(
  mask: Float32Array,
  line: number,
  branch: Branch,
  ancestors: ReadonlyMap<number, number>,
  first: number,
  window: number,
): void {
  const { length, tokens, shape } = branch;
  const columns = columnsOf(branch, ancestors);
  tokens.forEach((_, r) => {
    const row = first + r;
    const start = row * line;
    const position = shape === 'chain' ? length + r : length;
    const oldest = Math.max(0, position - window + 1);
    for (const column of columns.slice(oldest)) mask[start + column] = 0;
    const own = start + ancestors.size;
    const before = shape === 'chain' ? first + Math.max(0, oldest - length) : row;
    mask.fill(0, own + before, own + row + 1);
  });
}
