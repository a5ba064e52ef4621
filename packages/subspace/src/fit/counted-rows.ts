import { HalfspaceError } from '@halfspace/core';

/** Rows that follow one another and were counted. */
export interface CountedRows {
  /** How many there are. */
  readonly rows: number;
  /** Tokens that the model ran for them. */
  readonly tokens: number;
  /** sha-256 (hex) of the rows as JSON lines. */
  readonly digest: string;
}

/** The error of a state that belongs to another fit. */
export function otherState(fault: string): HalfspaceError {
  return new HalfspaceError(
    'other-state',
    `The state is one of another fit. ${fault} Fit with what it was made with, or start anew without it.`,
  );
}
