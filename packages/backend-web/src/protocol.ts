import type { Opened, WorkerCalls } from '@halfspace/backend-onnx/engine';
import type { StoredModel } from './storage/model-store.js';

/** Where a model is: an address, a file that the page has, or one that the browser's storage has. */
export type ModelChoice = string | URL | Blob | StoredModel;

/** What is going on while a backend is being made ready. */
export interface WebLoadProgress {
  /** The model is fetched, hashed, compiled to graphs, or handed to ONNX Runtime. */
  readonly phase: 'download' | 'verify' | 'compile' | 'load';
  /** Bytes done; of `load`, graphs. */
  readonly done: number;
  /** All of them, where that is known. */
  readonly total?: number;
}

/** A model that is asked for, as it is sent to the worker. */
export interface FindRequest {
  readonly model: string | Blob | StoredModel;
  /** Name for people (default: that of the file). */
  readonly name?: string;
  /** sha-256 (hex) that it must have. */
  readonly sha256?: string;
  /** Whether the browser's storage keeps it. */
  readonly keep: boolean;
}

/** A model that was found. */
export interface FoundModel {
  readonly file: Blob;
  readonly name: string;
  readonly fingerprint: string;
  /** What else is to be said, each a sentence. */
  readonly warnings: readonly string[];
}

/** What the graphs are made and loaded with. */
export interface OpenModelRequest {
  readonly threads: number;
  readonly cacheBytes: number;
  /** Addresses of the two files of ONNX Runtime. */
  readonly runtime: { readonly mjs: string; readonly wasm: string };
}

/** Calls that the worker answers. `findModel` comes first, then `openModel`, each once. */
export type WebWorkerCalls = Omit<WorkerCalls, 'open'> & {
  readonly findModel: { readonly args: FindRequest; readonly answer: FoundModel };
  readonly openModel: { readonly args: OpenModelRequest; readonly answer: Opened };
};

/** Calls that the page answers. */
export interface PageCalls {
  /** The worker runs, and answers. */
  readonly started: { readonly args: undefined; readonly answer: void };
  readonly progress: { readonly args: WebLoadProgress; readonly answer: void };
}
