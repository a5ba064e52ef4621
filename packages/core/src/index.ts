export { createHalfspace } from './container.js';
export type { HalfspaceParts } from './container.js';
export type { Halfspace } from './halfspace.js';
export type {
  DecodeOptions,
  GenerateOptions,
  PromptOptions,
  Weight,
  WeightedPrompt,
  Weights,
} from './options.js';
export type { Redraw } from './redraw.js';
export type {
  Completion,
  FinishReason,
  StreamEvent,
  TracedCandidate,
  TracedControl,
  TracedSettings,
  TracedStep,
} from './completion.js';
export type { Constraint, ConstraintBase, Control } from './control.js';
export type { StepStatus } from './optimise/project.js';
export { checkRequest } from './check-request.js';
export { assertSubspaces, subspaceFor } from './bound-attributes.js';
export { cappedBonus, DEFAULT_CAP } from './cap.js';
export { createDistanceReader } from './margins.js';
export type { DistanceReader, HiddenStates } from './margins.js';
export { encodeContinuation, encodePrompt, fewestTokens, withControlTokens } from './encode-text.js';
export type { Prompt, PromptTokens } from './encode-text.js';
export { encodeResponse } from './score.js';
export type { Score, ScoredMargins, ScoreOptions } from './score.js';
export { complaintOf } from './complaint-of.js';
export { HalfspaceError, isHalfspaceError, throwIfAborted } from './errors.js';
export { inTurns } from './in-turns.js';
export { decodeText, isUtf16, utf16Error } from './decode-text.js';
export { didYouMean, nearest } from './nearest.js';
export { schemaComplaint } from './schema-complaint.js';
export type { SchemaFault } from './schema-complaint.js';
export type { ErrorRecord } from './errors.js';
export { waitFor } from './wait-for.js';
export { withinTime } from './within-time.js';
export type { Waiting, WaitOptions } from './wait-for.js';
export { defineAttribute } from './define-attribute.js';
export type {
  AttributeDefinition,
  LinearAttributeDefinition,
  ScoringAttributeDefinition,
} from './define-attribute.js';
export { defineFilter } from './define-filter.js';
export type { FilterDefinition } from './define-filter.js';
export { defineJudge } from './define-judge.js';
export type { JudgeDefinition } from './define-judge.js';
export { patternFilter, wordFilter } from './text-filters.js';
export { tokenFilter } from './token-filter.js';
export type { TokenMask } from './token-filter.js';
export type { BonusForm } from './tilt.js';
export { checkPlugin } from './contracts/check-plugin.js';
export type { PluginKind } from './contracts/check-plugin.js';
export { CONTRACT_VERSION } from './contracts/version.js';
export type { ChatMessage, EncodeOptions, Tokenizer } from './contracts/tokenizer.js';
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
  StatesOptions,
  TextStates,
} from './contracts/backend.js';
export type {
  Attribute,
  Calibration,
  LinearAttribute,
  NamedAttribute,
  Prediction,
  ScoringAttribute,
  Subspace,
} from './contracts/attribute.js';
export type { Filter } from './contracts/filter.js';
export type { Judge, JudgedText, JudgeOptions } from './contracts/judge.js';
export type { Candidate, ScoreStep, TextStep } from './contracts/step.js';
export { PRESETS } from './tune/presets.js';
export type { Preset } from './tune/presets.js';
export { tuneWeights } from './tune/tune-weights.js';
export type { TuneRound, Tuning } from './tune/tune-weights.js';
export type { TuneOptions, TuneProgress } from './tune/tune-options.js';
export type { TargetLevel, TuneGoal } from './tune/tune-goal.js';
