export * from '@halfspace/contracts';
export { createHalfspace, createRegistry } from './plugins/container.js';
export { upgradeBackend } from './plugins/upgrade-backend.js';
export type { HalfspaceParts, NamesOf } from './plugins/container.js';
export type { Halfspace } from './create-halfspace.js';
export type { CompletionStream } from './decode/completion-stream.js';
export type {
  AnyDecodeOptions,
  AnyGenerateOptions,
  CompleteOptions,
  DecodeOptions,
  GenerateOptions,
  PromptOptions,
  WeightedPrompt,
} from './options/options.js';
export type {
  BonusCombination,
  Combination,
  FormulaCombination,
  MarginCombination,
  UncappedWeight,
  WithFormula,
  WithoutBudget,
  WithWeights,
} from './options/combination.js';
export type { ByName, ByNameOrNot } from './options/by-name.js';
export { capFor, valueOf } from './options/weights.js';
export type { CappedWeight, Weight, WeightValue, Weights } from './options/weights.js';
export type { Redraw } from './options/redraw.js';
export type {
  Completion,
  CompletionRecord,
  FailedCompletion,
  FinishedCompletion,
  FinishReason,
  StreamEvent,
  TokenFigures,
  TokenLogprob,
  TracedCandidate,
  TracedControl,
  TracedSettings,
  TracedStep,
} from './decode/completion.js';
export type { Constraint, ConstraintBase, Control } from './options/control.js';
export type { StepStatus } from './step/project/project.js';
export { OPTION_SCHEMAS } from './options/options.js';
export { checkRequest } from './options/check-request.js';
export { assertSubspaces, subspaceFor, subspacesFor } from './step/margins/bound-attributes.js';
export { decodeSubspace } from './step/margins/decode-subspace.js';
export type { SubspaceRecord } from './step/margins/decode-subspace.js';
export type { KnownModel } from './step/margins/bound-attributes.js';
export { cappedBonus } from './step/bonus/cap.js';
export type { CappedWeighting } from './step/bonus/cap.js';
export { createDistanceReader } from './step/margins/margins.js';
export type { DistanceReader, HiddenStates } from './step/margins/margins.js';
export { encodeContinuation, encodePrompt, fewestTokens, withControlTokens } from './text/encode-text.js';
export type { Prompt, PromptTokens } from './text/encode-text.js';
export { engineStats } from './decode/shared-engine.js';
export type { EngineStats } from './decode/engine.js';
export type { EngineLimits } from './decode/engine-limits.js';
export { prefillWhole } from './prefill-whole.js';
export type { WholePrefill, WholePrefillRequest } from './decode/prompt-queue.js';
export { encodeResponse } from './score.js';
export type { Score, ScoreOptions } from './score.js';
export type { ScoredMargins } from './step/margins/margins.js';
export { inTurns } from './in-turns.js';
export { fromBase64, toBase64 } from './text/base64.js';
export { decodeText, isUtf16, utf16Error } from './text/decode-text.js';
export { didYouMean, nearest } from './text/nearest.js';
export { attributeNameFault, givenAsBefore, nowCalled, renamed } from '@halfspace/contracts/internal';
export { schemaComplaint } from './options/schema-complaint.js';
export type { SchemaFault } from './options/schema-complaint.js';
export { firstTwice } from './text/first-twice.js';
export { withinTime } from './plugins/within-time.js';
export type { Registry } from './plugins/registry.js';
export { patternFilter, wordFilter } from './plugins/text-filters.js';
export { tokenFilter } from './plugins/token-filter.js';
export type { TokenMask } from './plugins/token-filter.js';
export type { BonusKind } from './options/bonus-kind.js';
export { PRESETS } from './tune/presets.js';
export type { Preset } from './tune/presets.js';
export { spendPreset } from './tune/spend-preset.js';
export { tuneWeights } from './tune/tune-weights.js';
export type { TuneRound, Tuning } from './tune/tuning.js';
export type { TunedWeight, TuneOptions, TuneProgress } from './tune/tune-options.js';
export type { TargetLevel, TuneGoal } from './tune/tune-goal.js';
