import type { SuitePrompt } from './suite-prompt.js';

/** A row of a suite's file. */
export interface SuiteRow {
  /** By the names of its columns. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where it stands, for messages: `prompts.jsonl:12`. */
  readonly place: string;
}

/** A file on the hub. */
export interface HubFile {
  /** Repository of a data set, `owner/name`. */
  readonly repository: string;
  /** Path in it. */
  readonly path: string;
}

/** A published set of prompts: what a module binds at `SUITE`. */
export interface Suite {
  /** Kebab-case name. */
  readonly name: string;
  /** One line for people: what is in it, by whom. */
  readonly description: string;
  /** Where its authors publish it; undefined where only a file of the user's can be read. */
  readonly hub?: HubFile;
  /**
   * The prompts of a row, in order; none where the row does not belong to the suite.
   *
   * @throws HalfspaceError `bad-row` naming the line
   */
  readonly promptsOf: (row: SuiteRow) => readonly Omit<SuitePrompt, 'suite'>[];
}
