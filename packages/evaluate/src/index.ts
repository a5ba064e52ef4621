export type { SuitePrompt } from './suites/suite-prompt.js';
export type { HubFile, Suite, SuiteRow } from './suites/suite.js';
export { promptFile } from './suites/prompt-file.js';
export { readSuite } from './suites/read-suite.js';
export type {
  CompletionRequest,
  Decoding,
  MethodKind,
  MethodModel,
  MethodSpec,
  OpenMethod,
  WrittenCompletion,
} from './methods/method.js';
export { defineMethod } from './methods/define-method.js';
export type { AnyMethodKind } from './methods/define-method.js';
export { openDecoding } from './methods/open-decoding.js';
export { attributesOfMethod, openMethod, parseMethodSpec } from './methods/method-spec.js';
export type { MethodLookup } from './methods/method-spec.js';
export { assertModelOfPlan, createPlan } from './run/plan.js';
export type { Plan, PlanParts } from './run/plan.js';
export { findRun, readCompletions, readRun, startRun } from './run/run-directory.js';
export type { Shard } from './run/run-directory.js';
export type { RunDirectory } from './run/run-parts.js';
export { openUnitRunner, runUnits } from './run/run-units.js';
export type { RunProgress, RunUnitsOptions, UnitRunner } from './run/run-units.js';
export type { Unit, UnitResult } from './run/unit.js';
export { judgeRun, judgesOf, readScores } from './run/judge-run.js';
export type { JudgeInfo, UnitScores } from './run/records.js';
export { referenceModelsOf, readLikelihoods, readRunWith } from './run/likelihood-run.js';
export type { ReferenceModelInfo, UnitLikelihoods } from './run/records.js';
export { readTraces, traceRun } from './run/trace-run.js';
export type { TraceRunOptions } from './run/trace-run.js';
export type { UnitSample, UnitTrace } from './run/records.js';
export type { LogHeader } from './run/unit-log.js';
export type { ReadRunOptions } from './run/score-units.js';
export { mergeRuns } from './run/merge-runs.js';
export { distinct, repetition } from './metrics/n-grams.js';
export { holm } from './metrics/holm.js';
export { pairedTest } from './metrics/paired-test.js';
export type { PairedTest } from './metrics/paired-test.js';
export { perplexity } from './metrics/perplexity.js';
export type { TextLikelihood } from './metrics/perplexity.js';
export { measureFrontier } from './frontier.js';
export type { FrontierOptions, FrontierPoint } from './frontier.js';
export { judgedPrompt } from './metrics/judged-prompt.js';
export type { JudgedPrompt } from './metrics/judged-prompt.js';
export { reportRun } from './report/report.js';
export type { MethodReport, RunReport, SuiteReport } from './report/report.js';
export type { Comparison } from './report/comparisons.js';
export type { Figures, JudgeFigures, MethodFigures } from './report/method-figures.js';
export type { MarginBin, MarginPrediction } from './report/prediction.js';
export { runWarnings } from './report/run-warnings.js';
export type { RunWarning } from './report/run-warnings.js';
export type { WorstCompletion } from './report/worst.js';
export { evaluateChoicesByMethod } from './choices/evaluate-choices-by-method.js';
export type { ChoiceChange, ChoiceReport, MethodChoices } from './choices/evaluate-choices-by-method.js';
export { judgeAgreement } from './judges/agreement.js';
export type { JudgeAgreement, JudgeScores } from './judges/agreement.js';
export { createChatJudge, RUBRICS } from './judges/chat-judge.js';
export type { ChatJudgeOptions } from './judges/chat-judge.js';
export { createClassifierJudge } from './judges/classifier-judge.js';
export type { ClassifierJudgeOptions } from './judges/classifier-judge.js';
export { createHelpfulnessJudge } from './judges/helpfulness-judge.js';
export { createJudge } from './judges/create-judge.js';
export type { KnownJudge, KnownJudgeOptions } from './judges/known-judge.js';
export { evaluateModule } from './evaluate-module.js';
export { JUDGE, METHOD, SUITE } from './extension-points.js';
export { createPerspectiveJudge } from './judges/perspective-judge.js';
export type { PerspectiveJudgeOptions } from './judges/perspective-judge.js';
export { createProfanityCheckJudge } from './judges/profanity-check-judge.js';
export type { ProfanityCheckOptions } from './judges/profanity-check-judge.js';
export type { RegressionJudgeOptions } from './judges/regression-judge.js';
export { createToxicityJudge } from './judges/toxicity-judge.js';
export { createTruthfulnessJudge } from './judges/truthfulness-judge.js';
