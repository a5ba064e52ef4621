// What the worker runs: a script of its own, which a page starts by its address.
import { lineOf, type MessageEnd } from './line.js';
import { serveModel } from './worker/serve-model.js';

serveModel(lineOf(globalThis as unknown as MessageEnd));
