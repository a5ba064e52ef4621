import type { CatalogueEntry } from '../catalogue.js';

/** What is being done to a model, for a progress bar. */
export interface SourceProgress {
  /** What is being done. */
  readonly phase: 'download' | 'unpack' | 'verify';
  /** Bytes done. */
  readonly done: number;
  /** Bytes in all, where that is known. */
  readonly total?: number;
}

/** Settings that all sources share. */
export interface SourceOptions {
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal;
  /** Called while a model is fetched, unpacked or verified. */
  readonly onProgress?: (progress: SourceProgress) => void;
  /** Do not use the network. */
  readonly offline?: boolean;
  /** Models known by name (default: {@link CATALOGUE}). */
  readonly catalogue?: readonly CatalogueEntry[];
}

/** One place that models come from. */
export interface Source {
  /** For the error that lists what was tried. */
  readonly name: string;
  /** Path of the model that `spec` names, or undefined when it is not here. */
  find(spec: string, options: SourceOptions): Promise<string | undefined>;
}
