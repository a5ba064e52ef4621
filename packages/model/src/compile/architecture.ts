import type { ModelFile } from '../weights.js';
import type { NormPart, TensorSpec } from './tensor-spec.js';

/**
 * What an MLP does with the numbers of its hidden layer: GELU as it is, or by its approximation with tanh; `silu` and
 * `quick-gelu` are x · σ(x) and x · σ(1.702 x).
 */
export type Activation = 'silu' | 'gelu' | 'gelu-tanh' | 'quick-gelu' | 'relu';

/** How positions turn queries and keys (Su et al. 2021, RoFormer). */
export interface Rotary {
  /** Angle per position of each pair of a head, in radians. Fewer than `headWidth / 2` turn the first numbers of a head alone. */
  readonly frequencies: Float64Array;
  /** Whether the numbers of a pair lie side by side, and not half of the turned numbers apart. */
  readonly interleaved: boolean;
  /** What cosines and sines are multiplied by; other than 1 where positions are stretched by YaRN or LongRoPE. */
  readonly scale: number;
}

/** How the blocks of a model attend. */
export interface Attention {
  /** What products of queries and keys are multiplied by. */
  readonly scale: number;
  /** Scores s become c · tanh(s / c) (Gemma 2); absent where they stay as they are. */
  readonly softCap?: number;
  /** Queries, keys and values are limited to ±this; absent where they are not. */
  readonly clip?: number;
  /** Whether `queryNorm` and `keyNorm` take each head by itself, or all heads together. */
  readonly headNorms: 'each' | 'together';
  /** Whether queries and keys are normed after positions have turned them, and not before. */
  readonly normsTurned: boolean;
}

/** A mixture of experts (Shazeer et al. 2017): MLPs of which a router takes some for each token. */
export interface Experts {
  /** How many there are. */
  readonly count: number;
  /** How many of them a token goes through, those that the router finds most probable. */
  readonly perToken: number;
  /** Whether their probabilities are scaled to a sum of 1. */
  readonly normalised: boolean;
}

/** What becomes of the logits. */
export interface Logits {
  /** What they are multiplied by. */
  readonly scale: number;
  /** They become c · tanh(logit / c); absent where they stay as they are. */
  readonly softCap?: number;
}

/** Sizes of a decoder-only transformer, in the words of the field, and how it computes. */
export interface Architecture {
  /** Name of the family, such as `llama`. */
  readonly family: string;
  /** Number of transformer blocks. */
  readonly layers: number;
  /** Width of the residual stream. */
  readonly width: number;
  /** Query heads. */
  readonly heads: number;
  /** Heads of keys and values; divides `heads` (grouped-query attention). */
  readonly keyValueHeads: number;
  /** Numbers in one head. */
  readonly headWidth: number;
  /** Hidden width of the MLP. */
  readonly feedForward: number;
  /** Number of token ids. */
  readonly vocabulary: number;
  /** Most positions that the model was made for. */
  readonly contextLength: number;
  /** RMSNorm (Zhang & Sennrich 2019), or LayerNorm (Ba et al. 2016), which takes the mean away. */
  readonly norm: 'rms' | 'layer';
  /** Added to the mean square before a norm divides by its root. */
  readonly normEpsilon: number;
  /** Added to the weights of norms: some exports keep how far they are from 1. */
  readonly normOffset: number;
  /** Norms that the model has without weights; those with weights are known by them. */
  readonly bareNorms: readonly NormPart[];
  /** What the rows of the embedding are multiplied by when they are looked up. */
  readonly embeddingScale: number;
  /** What attention and the MLP add to the residual stream is multiplied by this. */
  readonly residualScale: number;
  /** Whether attention and the MLP of a block read the same residual stream, and not the MLP what attention has added to. */
  readonly parallel: boolean;
  /** What the gate of the MLP goes through; without a gate, what its hidden layer does. */
  readonly activation: Activation;
  /** The MLPs of a block that share its work, where there are several; absent where there is one. */
  readonly experts?: Experts;
  /** How the blocks attend. */
  readonly attention: Attention;
  /** What becomes of the logits. */
  readonly logits: Logits;
  /** How positions turn queries and keys; absent where they do not. */
  readonly rotary?: Rotary;
  /** Blocks whose queries and keys are not turned, ascending. */
  readonly unturned: readonly number[];
  /** Blocks that see only the nearest tokens; absent where all see the whole text. */
  readonly sliding?: SlidingWindow;
  /** The tensors that the model is made of. */
  readonly weights: Weights;
}

/** Attention over the nearest tokens alone (Beltagy et al. 2020). */
export interface SlidingWindow {
  /** How many tokens a token sees, itself among them. */
  readonly tokens: number;
  /** Which blocks, ascending. */
  readonly blocks: readonly number[];
  /** How positions turn the queries and keys of these blocks. */
  readonly rotary?: Rotary;
}

/** The tensors that a model is made of. */
export interface Weights {
  /** Those outside of the blocks. `head.weight` names the same tensor as `embedding.weight` where the head is tied. */
  readonly model: readonly TensorSpec[];
  /** Those of each block, in order. */
  readonly blocks: readonly (readonly TensorSpec[])[];
  /** Names of other tensors that may be there; any besides means that the model computes something else. */
  readonly spare: RegExp;
}

/** Reads the architecture of one family of models: what a module binds at `MODEL_FAMILY`. */
export interface Family {
  /** The name that model files use: `general.architecture` in GGUF, `model_type` in config.json. */
  readonly name: string;
  /**
   * @throws HalfspaceError `unsupported-model`, `corrupt-model`
   */
  describe(model: ModelFile): Promise<Architecture>;
}
