/**
 * Codes of errors that packages outside this repository throw, and none as it comes: a package adds its own, and what
 * value a key has makes no difference. Its codes are then as good as built-in ones for {@link HalfspaceError} and
 * {@link isHalfspaceError}.
 *
 * @example
 * ```ts
 * declare module '@halfspace/contracts' {
 *   interface CustomErrorCodes {
 *     'over-quota': true;
 *   }
 * }
 * ```
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- others fill it by declaration merging
export interface CustomErrorCodes {}

/**
 * What `code` of a {@link HalfspaceError} can be. docs/errors.md says of each code when it comes and what to do.
 *
 * An error that another version of Halfspace or a plugin in JavaScript made may have a code that is not among them, so
 * that who goes through all of them keeps a default.
 */
// oxlint-disable-next-line typescript/no-redundant-type-constituents -- it is `never` until others fill it
export type ErrorCode = BuiltInErrorCode | Extract<keyof CustomErrorCodes, string>;

/**
 * Codes of all packages of this repository, in the order of the sections of docs/errors.md. They are in one list, and not
 * each in the package that throws it, so that the type of a code is the same whatever else a program imports.
 */
export type BuiltInErrorCode =
  // Options and prompts
  | 'aborted'
  | 'bad-option'
  | 'busy'
  | 'cannot-continue-turn'
  | 'context-overflow'
  | 'disposed'
  | 'empty-prompt'
  | 'empty-response'
  | 'formula-invalid'
  | 'formula-not-finite'
  | 'invalid-context'
  | 'no-candidate-left'
  | 'no-chat-template'
  | 'not-finite'
  | 'out-of-reach'
  | 'tools-not-supported'
  | 'unknown-attribute'
  | 'unknown-layer'
  | 'unknown-token'
  // Plugins and modules
  | 'attribute-failed'
  | 'attribute-not-found'
  | 'bad-attribute'
  | 'bad-backend'
  | 'bad-filter'
  | 'bad-grammar'
  | 'bad-judge'
  | 'bad-module'
  | 'bad-schema'
  | 'contract-mismatch'
  | 'filter-failed'
  | 'grammar-too-large'
  | 'judge-failed'
  | 'judge-not-found'
  | 'judge-refused'
  | 'judge-unavailable'
  | 'module-not-allowed'
  | 'module-not-found'
  | 'no-attribute'
  | 'no-judge'
  | 'no-key'
  | 'pattern-too-slow'
  | 'plugin-failed'
  | 'unknown-extension'
  // Models
  | 'backend-failed'
  | 'bad-chat-template'
  | 'cache-not-writable'
  | 'chat-template-limit'
  | 'checksum-mismatch'
  | 'closed-model'
  | 'corrupt-model'
  | 'dataset-not-found'
  | 'download-failed'
  | 'model-not-found'
  | 'model-not-readable'
  | 'no-device'
  | 'out-of-memory'
  | 'runtime-missing'
  | 'unknown-tensor'
  | 'unsupported-model'
  | 'worker-lost'
  | 'worker-unavailable'
  // Fitting subspaces
  | 'bad-control-vector'
  | 'bad-state'
  | 'bad-subspace'
  | 'bad-values'
  | 'cannot-decorrelate'
  | 'cannot-write'
  | 'degenerate-data'
  | 'no-data'
  | 'no-subspace'
  | 'not-above-chance'
  | 'one-sided-data'
  | 'other-state'
  | 'slope-not-positive'
  | 'state-not-found'
  | 'subspace-not-found'
  | 'subspace-of-another-model'
  | 'too-little-data'
  // Evaluation
  | 'bad-method'
  | 'bad-plan'
  | 'bad-unit'
  | 'corrupt-run'
  | 'damaged-results'
  | 'no-prompts'
  | 'no-queued-run'
  | 'no-run'
  | 'other-plan'
  | 'other-run'
  | 'other-version'
  | 'queue-in-use'
  | 'queue-lost'
  | 'queue-refused'
  | 'queue-unreachable'
  | 'run-in-use'
  | 'runs-disagree'
  | 'unit-failed'
  | 'unknown-suite'
  // Files and data
  | 'bad-row'
  | 'disk-full'
  | 'empty-file'
  | 'file-not-found'
  | 'not-readable'
  | 'not-writable'
  // The server
  | 'cannot-listen'
  // The command
  | 'bad-config'
  | 'bad-trace'
  | 'bad-weights'
  | 'completions-failed'
  | 'directory-not-empty'
  | 'no-such-completion'
  | 'no-such-step'
  | 'text-too-short'
  | 'too-few-prompts'
  | 'weights-of-another-model';
