export type { TensorType } from './tensor-type.js';
export { readJsonFile } from './json-file.js';
export type { JsonObject } from './json-object.js';
export { openModelFile } from './weights.js';
export type { ModelFile } from './weights.js';
export type { FourBitForm, FourBitMatrix } from './four-bit.js';
export { bytesOfWeights, hasFourBits } from './compile/bytes-of-weights.js';
export type { MetadataValue, WeightTensor } from './weight-tensor.js';
export type {
  Activation,
  Architecture,
  Attention,
  Experts,
  Family,
  Logits,
  Rotary,
  SlidingWindow,
  Weights,
} from './compile/architecture.js';
export type { NormPart, Part, Role, RowSlice, TensorSpec } from './compile/tensor-spec.js';
export type { MetadataReader } from './compile/metadata.js';
export type { NeutralValues } from './compile/neutral-keys.js';
export { defineFamily } from './families/define-family.js';
export type {
  ConfigTable,
  Described,
  FamilyLayout,
  FamilySwitches,
  FamilyTable,
  GgufTable,
  Switches,
} from './families/define-family.js';
export type { RotaryDefaults } from './families/config-rotary.js';
export type { Layout, Sizes } from './families/tensor-list.js';
export { ggufNames, LLAMA_PARTS, transformersNames } from './families/tensor-names.js';
export type { ExpertPart, NamedPart, TensorNames } from './families/tensor-names.js';
export { describeArchitecture } from './compile/families.js';
export { compileModel, compileSample, isUndamaged } from './compile/compile.js';
export type { CompiledModel, CompileModelOptions } from './compile/compile.js';
export type { EncoderArchitecture } from './compile/bert.js';
export { compileEncoder } from './compile/compile-encoder.js';
export type { CompiledEncoder } from './compile/compile-encoder.js';
export { ENCODER } from './compile/encoder.js';
export type { CompileOptions, CompileProgress } from './compile/graph-cache.js';
export { listCompiled } from './compile/list-compiled.js';
export type { CompiledGraphs } from './compile/list-compiled.js';
export { modelNeeds } from './compile/needs.js';
export type { ArithmeticNeeds, ModelNeeds, NeedsOptions } from './compile/needs.js';
export { pruneCache } from './compile/prune-cache.js';
export type { Pruned, PruneOptions, PruneReason } from './compile/prune-cache.js';
export { markInUse } from './compile/uses.js';
export { freeDisk } from './room.js';
export { HEAD } from './compile/head.js';
export { blockTokens } from './compile/attention.js';
export type { GpuPrecision, GraphPrecision, Precision } from './compile/precision.js';
export { gpuProbeGraph } from './compile/gpu-probe.js';
export type { ProbeGraph } from './compile/gpu-probe.js';
export { GPU_STORE, gpuStoreGraph } from './compile/gpu-store.js';
export { GPU_TRUNK, keyValueType } from './compile/gpu-trunk.js';
export { TRUNK } from './compile/trunk.js';
export type { KvCache } from './compile/trunk.js';
export { cacheDirectory, dataDirectory, valuesDirectory, fingerprintFile, writeCached } from './cache.js';
export { createTokenizer } from './tokenizer/tokenizer.js';
export type { TokenizerOptions } from './tokenizer/tokenizer-of.js';
export { createTextTokenizer } from './tokenizer/text-tokenizer.js';
export type { TextTokenizer } from './tokenizer/text-tokenizer.js';
export { CATALOGUE } from './catalogue.js';
export type { CatalogueEntry, CatalogueFile, CatalogueWheel } from './catalogue.js';
export { listModels } from './sources/list-models.js';
export type { ListedModel } from './sources/list-models.js';
export { fetchDatasetFile } from './sources/hub.js';
export { fetchDataset } from './sources/dataset.js';
export type { FetchDatasetOptions, FetchedDataset, FetchedFile } from './sources/dataset.js';
export { parseDatasetSpec } from './sources/dataset-spec.js';
export type { DatasetSpec } from './sources/dataset-spec.js';
export { resolveModel } from './sources/resolve-model.js';
export type { Source, SourceModel, SourceOptions, SourceProgress } from './sources/source.js';
export { MODEL_FAMILY, MODEL_SOURCE } from './extension-points.js';
export { modelModule } from './model-module.js';
export { readControlVectors } from './control-vectors/read-control-vectors.js';
export { writeControlVectors } from './control-vectors/write-control-vectors.js';
export type { ControlVectors } from './control-vectors/control-vectors.js';
export { fetchRepositoryFiles } from './sources/repository-files.js';
export type { FetchedRepository, ListedFile } from './sources/repository-files.js';
