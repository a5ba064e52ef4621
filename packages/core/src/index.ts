export { HalfspaceError, isHalfspaceError, throwIfAborted } from './errors.js';
export { CONTRACT_VERSION } from './contracts/version.js';
export type { ChatMessage, Tokenizer } from './contracts/tokenizer.js';
export type {
  Backend,
  Context,
  LookAhead,
  LookAheadOptions,
  LookAheadRequest,
  ModelInfo,
  NextTokenRequest,
  NextTokens,
  Prefill,
  PrefillOptions,
} from './contracts/backend.js';
export type { Attribute, Subspace } from './contracts/attribute.js';
