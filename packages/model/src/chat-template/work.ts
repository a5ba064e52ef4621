import { TemplateLimitError } from './template-error.js';

/** Steps of a rendering: nodes evaluated, items and matches visited, and one for so many characters that are read or written. */
const MOST_STEPS = 2 ** 23;

const CHARACTERS_A_STEP = 32;
/** Of a text with marks, each of which is looked up. */
const MARKED_A_STEP = 16;

/** Characters of a single text; no chat that a model can read has half as many. */
const LONGEST_TEXT = 2 ** 24;

/** Macros and recursive loops inside one another. */
const DEEPEST = 200;

/**
 * Characters that stand for others in what a template is given, one for one, by the marks. They show where in a rendered text it
 * has come to; to a template they are what they stand for.
 */
export type Marks = ReadonlyMap<string, string>;

/** Counts what a rendering costs: steps, not seconds, so that a busy machine changes nothing. */
export class Work {
  private left = MOST_STEPS;
  private depth = 0;
  private readonly marked: RegExp | undefined;

  constructor(private readonly marks: Marks = new Map()) {
    if (marks.size > 0) this.marked = new RegExp(`[${[...marks.keys()].join('')}]`, 'g');
  }

  /** A text as a template sees it, to compare or to look for; what is written is the text as it is, marks and all. */
  plain(text: string): string {
    if (this.marked === undefined) return text;
    this.spend(text.length / MARKED_A_STEP);
    return text.replaceAll(this.marked, (mark) => this.marks.get(mark) ?? mark);
  }

  /**
   * Before something is done that takes this many steps.
   *
   * @throws TemplateLimitError
   */
  spend(steps = 1): void {
    this.left -= steps;
    if (!(this.left >= 0)) throw new TemplateLimitError(`It takes more than ${MOST_STEPS} steps`);
  }

  /**
   * Before a text of this many characters is made or read.
   *
   * @throws TemplateLimitError
   */
  text(length: number): void {
    this.length(length);
    this.spend(1 + length / CHARACTERS_A_STEP);
  }

  /**
   * Before two texts are put together, which are copied only when they are read.
   *
   * @throws TemplateLimitError
   */
  length(length: number): void {
    if (!(length <= LONGEST_TEXT))
      throw new TemplateLimitError(`It makes a text of more than ${LONGEST_TEXT} characters`);
    this.spend();
  }

  /** Does something that may do itself again. */
  deeper<T>(task: () => T): T {
    if (this.depth >= DEEPEST)
      throw new TemplateLimitError(`It calls itself more than ${DEEPEST} times over`);
    this.depth += 1;
    try {
      return task();
    } finally {
      this.depth -= 1;
    }
  }
}
