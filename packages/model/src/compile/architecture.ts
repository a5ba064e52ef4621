import type { ModelFile } from '../weights.js';

/** Sizes of a decoder-only transformer, in the words of the field. */
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
  /** Added to the mean square before a norm divides by its root. */
  readonly normEpsilon: number;
  /** Added to the weights of norms: some exports keep how far they are from 1. */
  readonly normOffset: number;
  /** What the rows of the embedding are multiplied by when they are looked up. */
  readonly embeddingScale: number;
  /** What the gate of the MLP goes through; `gelu-tanh` is GELU by its approximation with tanh. */
  readonly activation: 'silu' | 'gelu-tanh';
  /** How positions turn queries and keys. */
  readonly rotary: {
    /** Angle per position of each pair of a head, in radians; `headWidth / 2` of them. */
    readonly frequencies: Float64Array;
    /** Whether the numbers of a pair lie side by side, and not half a head apart. */
    readonly interleaved: boolean;
  };
  /** Blocks that see only the nearest tokens; absent where all see the whole text. */
  readonly sliding?: SlidingWindow;
  /**
   * Names of the weights in the model file.
   *
   * @internal
   */
  readonly weights: WeightNames;
}

/** Attention over the nearest tokens alone (Beltagy et al. 2020). */
export interface SlidingWindow {
  /** How many tokens a token sees, itself among them. */
  readonly tokens: number;
  /** Which blocks, ascending. */
  readonly blocks: readonly number[];
  /** Angles of these blocks, in the place of those of `rotary`. */
  readonly frequencies: Float64Array;
}

/** Where the weights of a block lie in the model file. */
export interface BlockWeights {
  /** Norm before attention. */
  readonly attentionNorm: string;
  /** Projection to queries. */
  readonly query: string;
  /** Projection to keys. */
  readonly key: string;
  /** Projection to values. */
  readonly value: string;
  /** Projection of what the heads have gathered. */
  readonly attentionOutput: string;
  /** Norm before the MLP. */
  readonly mlpNorm: string;
  /** Gate of the MLP. */
  readonly gate: string;
  /** Projection of the MLP to its width. */
  readonly up: string;
  /** Projection of the MLP back to the width of the model. */
  readonly down: string;
  /** Norm of the queries of each head, before they are turned. */
  readonly queryNorm?: string;
  /** The same of the keys. */
  readonly keyNorm?: string;
  /** Norm of what attention adds to the residual stream. */
  readonly attentionOutputNorm?: string;
  /** Norm of what the MLP adds to it. */
  readonly mlpOutputNorm?: string;
}

/** Where all weights lie in the model file. */
export interface WeightNames {
  /** Vectors of the tokens. */
  readonly embedding: string;
  /** The same name as `embedding` for a tied head. */
  readonly head: string;
  /** Norm before the head. */
  readonly finalNorm: string;
  /** Other tensors that may be there; any besides means that the model computes something else. */
  readonly spare: RegExp;
  /** Those of a block, from 0. */
  block(index: number): BlockWeights;
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
