import type { GraphPrecision } from '@halfspace/model';
import type { Tip, TokenNode, TokenTree, TreeContext } from './token-tree.js';
import type { Rows, Trunk } from './trunk.js';
import type { Branch } from './trunk-call.js';

/**
 * Of the scores that a call computes, the most that may be padding, as a multiple of those that are not: the texts of a call
 * have lines as long as the longest, and as many rows as the one with most.
 */
const MOST_PADDING = 3;

/** A prompt on its way through the trunk. It holds what it has run until it is ended. */
export interface PromptRun {
  /** Tokens that are still to be run. */
  rest: readonly number[];
  /** Last token that was run. */
  last: TokenNode | undefined;
  /** Tokens of the text so far. */
  length: number;
  readonly precision: GraphPrecision;
  tip: Tip;
  /** Up to where its tokens need not be run if they are known, as a length of the text; undefined for texts that are not kept. */
  readonly mayKnow: number | undefined;
  /** How many of them were known. */
  known: number;
}

/** Rows of a prompt that were run in one call. */
export interface PromptRows {
  readonly run: PromptRun;
  readonly rows: Rows;
  /** The first of them, in the call. */
  readonly first: number;
  /** Position of the first of them in the text. */
  readonly position: number;
  readonly count: number;
}

/** Runs prompts, parts of several in a call. */
export interface Prompts {
  /**
   * Begins to run tokens, after a text if there is one.
   *
   * @param mayKnow - See {@link PromptRun.mayKnow}.
   */
  begin(
    tokens: readonly number[],
    precision: GraphPrecision,
    after?: TreeContext,
    mayKnow?: number,
  ): PromptRun;
  /**
   * One call: rows of the first prompt that has any left, and of others of its arithmetic as far as there is room. Tokens that are
   * known are skipped, and two prompts that go on alike are not run at once: the second finds what the first has run.
   *
   * @param most - Rows, at least one.
   * @param layers - Whose hidden states are wanted.
   * @param goOn - Asked at the cut; throws to end the run, which leaves the prompts as they were.
   * @returns The rows; none where no prompt has any left.
   */
  advance(
    runs: readonly PromptRun[],
    most: number,
    layers: readonly number[],
    goOn?: () => void,
  ): Promise<PromptRows[]>;
  /** Gives up what a run holds; contexts that were opened on it hold it themselves. */
  end(run: PromptRun): void;
}

/** Prompts over a token tree. */
export function createPrompts<G>(
  trunk: Trunk<G>,
  tree: TokenTree,
  graphsOf: (precision: GraphPrecision) => Promise<G>,
): Prompts {
  function skipKnown(run: PromptRun): void {
    const { mayKnow = 0, precision } = run;
    const before = run.last;
    let count = 0;
    while (run.length + count < mayKnow) {
      const found = tree.find(run.last, precision, run.rest[count] ?? -1);
      if (found === undefined) break;
      run.last = found;
      count++;
    }
    if (count === 0) return;
    tree.hold(run.last);
    tree.drop(before);
    run.length += count;
    run.rest = run.rest.slice(count);
    run.known += count;
    run.tip = {};
  }

  return {
    begin(tokens, precision, after, mayKnow) {
      const { last, length = 0, tip = {} } = after ?? {};
      tree.hold(last);
      return {
        rest: tokens,
        last,
        length,
        precision: after?.precision ?? precision,
        tip,
        mayKnow,
        known: 0,
      };
    },
    async advance(runs, most, layers, goOn) {
      for (const run of runs) skipKnown(run);
      const taken = takeRows(runs, most);
      if (taken.length === 0) return [];
      const graphs = await graphsOf(taken[0].run.precision);
      const branches = taken.map(({ run: { last, length, rest }, count }): Branch => ({
        parent: last,
        length,
        tokens: rest.slice(0, count),
        shape: 'chain',
      }));
      const { whole: rows } = await trunk.run(graphs, branches, layers, branches.length, goOn);
      let first = 0;
      const found = taken.map(({ run, count }) => {
        const part = { run, rows, first, position: run.length, count };
        const before = run.last;
        const { precision } = run;
        const asPrompt = run.mayKnow !== undefined;
        for (let row = first; row < first + count; row++) {
          const token = run.rest[row - first] ?? 0;
          run.last = rows.keep(run.last, row, { token, precision, asPrompt });
        }
        tree.hold(run.last);
        tree.drop(before);
        first += count;
        run.length += count;
        run.rest = run.rest.slice(count);
        run.tip = rows.tipOf(first - 1);
        return part;
      });
      rows.release();
      return found;
    },
    end: ({ last }) => tree.drop(last),
  };
}

/** Whether two prompts, of one arithmetic, have the same text up to and including the next token. */
function goesOnAlike(one: PromptRun, other: PromptRun): boolean {
  return one.mayKnow !== undefined && one.last === other.last && one.rest[0] === other.rest[0];
}

/** How many rows each prompt gets in a call; those that get none are left out. */
function takeRows(runs: readonly PromptRun[], most: number): { run: PromptRun; count: number }[] {
  const taken: { run: PromptRun; count: number }[] = [];
  let left = most;
  let scores = 0;
  let [rows, line] = [0, 0];
  for (const run of runs) {
    const count = Math.min(left, run.rest.length);
    if (count === 0 || run.precision !== (taken[0]?.run ?? run).precision) continue;
    if (run.mayKnow !== undefined && taken.some((each) => goesOnAlike(each.run, run))) continue;
    const length = run.length + count;
    const own = scores + count * length;
    const all = (taken.length + 1) * Math.max(rows, count) * Math.max(line, length);
    if (all > (1 + MOST_PADDING) * own) continue;
    taken.push({ run, count });
    left -= count;
    scores = own;
    [rows, line] = [Math.max(rows, count), Math.max(line, length)];
  }
  return taken;
}
