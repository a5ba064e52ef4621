export { createHalfspace, createRegistry } from './plugins/container.js';
export type { HalfspaceParts } from './plugins/container.js';
export type { Halfspace } from './create-halfspace.js';
export type { CompletionStream } from './decode/completion-stream.js';
export type {
  CompleteOptions,
  DecodeOptions,
  GenerateOptions,
  PromptOptions,
  WeightedPrompt,
} from './options/options.js';
export type { Weight, Weights } from './options/weights.js';
export type { Redraw } from './options/redraw.js';
export type {
  Completion,
  CompletionRecord,
  FailedCompletion,
  FinishedCompletion,
  FinishReason,
  StreamEvent,
  TracedCandidate,
  TracedControl,
  TracedSettings,
  TracedStep,
} from './decode/completion.js';
export type { Constraint, ConstraintBase, Control } from './options/control.js';
export type { StepStatus } from './step/project/project.js';
export { checkRequest } from './options/check-request.js';
export { assertSubspaces, subspaceFor } from './step/margins/bound-attributes.js';
export { cappedBonus } from './step/bonus/cap.js';
export { DEFAULT_CAP } from './options/bonus-form.js';
export { createDistanceReader } from './step/margins/margins.js';
export type { DistanceReader, HiddenStates } from './step/margins/margins.js';
export { encodeContinuation, encodePrompt, fewestTokens, withControlTokens } from './text/encode-text.js';
export type { Prompt, PromptTokens } from './text/encode-text.js';
export { encodeResponse } from './score.js';
export type { Score, ScoreOptions } from './score.js';
export type { ScoredMargins } from './step/margins/margins.js';
export { complaintOf } from './plugins/complaint-of.js';
export { HalfspaceError, isHalfspaceError, throwIfAborted } from './errors.js';
export { inTurns } from './in-turns.js';
export { decodeText, isUtf16, utf16Error } from './text/decode-text.js';
export { didYouMean, nearest } from './text/nearest.js';
export { schemaComplaint } from './options/schema-complaint.js';
export type { SchemaFault } from './options/schema-complaint.js';
export type { ErrorRecord } from './errors.js';
export { waitFor } from './plugins/wait-for.js';
export { firstTwice } from './text/first-twice.js';
export { withinTime } from './plugins/within-time.js';
export type { Waiting, WaitOptions } from './plugins/wait-for.js';
export { defineAttribute } from './plugins/define-attribute.js';
export type {
  AttributeDefinition,
  LinearAttributeDefinition,
  ScoringAttributeDefinition,
} from './plugins/define-attribute.js';
export { definePluginModule } from './plugins/define-plugin-module.js';
export type { PluginModule, PluginModuleDefinition, Register } from './plugins/define-plugin-module.js';
export { guardPlugin, pluginFailed } from './plugins/guard-plugin.js';
export { checkFields, defineExtensionPoint } from './plugins/extension-point.js';
export type { ExtensionPoint, ExtensionPointDefinition } from './plugins/extension-point.js';
export type { Registry } from './plugins/registry.js';
export { ATTRIBUTE } from './plugins/attribute-point.js';
export { defineFilter } from './plugins/define-filter.js';
export type { FilterDefinition } from './plugins/define-filter.js';
export { defineJudge } from './plugins/define-judge.js';
export type { JudgeDefinition } from './plugins/define-judge.js';
export { patternFilter, wordFilter } from './plugins/text-filters.js';
export { tokenFilter } from './plugins/token-filter.js';
export type { TokenMask } from './plugins/token-filter.js';
export type { BonusForm } from './options/bonus-form.js';
export { checkPlugin } from './plugins/check-plugin.js';
export type { PluginKind } from './plugins/check-plugin.js';
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
