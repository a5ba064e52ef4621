import type { Registry } from '@halfspace/core';
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
  /** Where sources and families are looked up (default: those of this package alone). */
  readonly registry?: Registry;
}

/** A model that a source knows by a name. */
export interface SourceModel {
  /** The name that users write. */
  readonly name: string;
  /** What it does (default: language model). */
  readonly kind?: CatalogueEntry['kind'];
  /** SPDX identifier (default: not known). */
  readonly licence?: string | null;
  /** Where it is (default: it would have to be fetched). */
  readonly path?: string | null;
  /** Size of its files (default: not known). */
  readonly bytes?: number | null;
}

/** One place that models come from: what a module binds at `MODEL_SOURCE`. */
export interface Source {
  /** For the error that lists what was tried. */
  readonly name: string;
  /** The models that it knows by name, for lists (default: none). It fetches nothing. */
  list?(options: SourceOptions): Promise<readonly SourceModel[]>;
  /** Path of the model that `spec` names, or undefined when it is not here. */
  find(spec: string, options: SourceOptions): Promise<string | undefined>;
}
