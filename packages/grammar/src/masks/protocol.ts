import type { MessagePort } from 'node:worker_threads';
import type { Vocabulary } from './vocabulary.js';

/** What a worker is made with. */
export interface WorkerInput {
  readonly vocabulary: Vocabulary;
  /** Bytes that its memory may grow to. */
  readonly maxBytes: number;
  /** Where masks are asked for; what takes long is asked for as of any worker. */
  readonly port: MessagePort;
  /** Counts the answers; who waits for one waits for a change of it. */
  readonly answers: Int32Array<SharedArrayBuffer>;
}

/** What a worker is asked. */
export type WorkerRequest =
  | { readonly kind: 'compile'; readonly ebnf: string }
  | { readonly kind: 'after'; readonly begun: string; readonly tokens: Int32Array }
  | { readonly kind: 'complete'; readonly text: string };

/** What it answers. */
export type WorkerAnswer =
  | { readonly kind: 'compiled' }
  | { readonly kind: 'mask'; readonly mask: Int32Array }
  | { readonly kind: 'complete'; readonly isComplete: boolean }
  /** After this it is of no more use. */
  | { readonly kind: 'failed'; readonly fault: string; readonly isMemory: boolean };
