export { HalfspaceError, isHalfspaceError, throwIfAborted } from './errors.js';
export type { ErrorRecord } from './errors.js';
// All of it, as modules can only be augmented in what they export so.
export type * from './error-codes.js';
export { complaintOf, describeValue } from './complaint-of.js';
export { SPECIFICATION_VERSIONS } from './specification-version.js';
export type { SpecifiedKind } from './specification-version.js';
export type { BackendV1, PrefillOptionsV1, PrefillV1 } from './backend/backend-v1.js';
export { DEFAULT_CAP, defineAttribute } from './attribute/define-attribute.js';
export type {
  AttributeDefinition,
  LinearAttributeDefinition,
  ScoringAttributeDefinition,
} from './attribute/define-attribute.js';
export { ATTRIBUTE } from './attribute/attribute-point.js';
export type {
  Attribute,
  Calibration,
  LinearAttribute,
  NamedAttribute,
  Prediction,
  ReadingDifference,
  Readings,
  ScoringAttribute,
  Subspace,
} from './attribute/attribute.js';
export type {
  Backend,
  Context,
  LookAhead,
  LookAheadRequest,
  ModelInfo,
  NextTokenRequest,
  NextTokens,
  Prefill,
  PrefillOptions,
  PrefillRequest,
  StatesOptions,
  TextStates,
} from './backend/backend.js';
export type {
  ChatMessage,
  ChatOptions,
  EncodeOptions,
  ToolCall,
  ToolCallFormat,
  ToolDefinition,
  Tokenizer,
} from './backend/tokenizer.js';
export { defineFilter } from './filter/define-filter.js';
export type { FilterDefinition, MaskFilterDefinition, TextFilterDefinition } from './filter/define-filter.js';
export type { Filter, FilterV1, MaskedText, MaskFilter, TextFilter, TokenMasks } from './filter/filter.js';
export { defineJudge } from './judge/define-judge.js';
export type { JudgeDefinition } from './judge/define-judge.js';
export type { Judge, JudgedText, JudgeOptions } from './judge/judge.js';
export type { Candidate, ScoreStep, TextStep } from './step.js';
export { definePluginModule } from './module/define-plugin-module.js';
export type { PluginModule, PluginModuleDefinition, Register } from './module/define-plugin-module.js';
export { checkFields, defineExtensionPoint } from './module/extension-point.js';
export type { ExtensionPoint, ExtensionPointDefinition } from './module/extension-point.js';
export { checkPlugin } from './plugin/check-plugin.js';
export type { PluginKind } from './plugin/check-plugin.js';
export { guardPlugin, pluginFailed } from './plugin/guard-plugin.js';
export { waitFor } from './waiting/wait-for.js';
export type { Waiting, WaitOptions } from './waiting/wait-for.js';
