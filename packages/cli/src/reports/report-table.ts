/** A table of a report. */
export interface RunTable {
  readonly title: string;
  /** The heading first; all of one length. */
  readonly rows: readonly (readonly string[])[];
}
