import type { Architecture, Weights } from '../compile/architecture.js';
import type { Part, RowSlice, TensorSpec } from '../compile/tensor-spec.js';
import type { ExpertPart, NamedPart, TensorNames } from './tensor-names.js';

/** Sizes that the shapes of tensors follow from. */
export type Sizes = Pick<
  Architecture,
  | 'layers'
  | 'width'
  | 'heads'
  | 'keyValueHeads'
  | 'headWidth'
  | 'feedForward'
  | 'vocabulary'
  | 'contextLength'
>;

/** Where the tensors of a model are, and in which form. */
export interface Layout {
  /** The parts that the model has, with their names. */
  readonly names: TensorNames;
  /** Whether the head is the embedding. */
  readonly tied: boolean;
  /** Parts with a bias. */
  readonly biases?: readonly NamedPart[];
  /** Parts with a bias in some files. */
  readonly optionalBiases?: readonly NamedPart[];
  /** Whether matrices of blocks are [in, out] (default false). */
  readonly transposed?: boolean;
  /** Whether a tensor of queries, keys and values has them head by head, and not one after the other (default false). */
  readonly headByHead?: boolean;
  /** Whether norms of queries and keys have weights for each head (default: the same for all heads). */
  readonly normsOfHeads?: boolean;
  /** Rows before the one of position 0 in the embedding of positions (default 0). */
  readonly positionOffset?: number;
  /** How many experts share the work of an MLP (default: there is one MLP). */
  readonly experts?: number;
  /** Names of other tensors that may be there (default none). */
  readonly spare?: RegExp;
}

const NONE = /(?!)/;
const OUTSIDE: ReadonlySet<NamedPart> = new Set(['embedding', 'positions', 'head', 'finalNorm'] as const);
const NORMS: ReadonlySet<NamedPart> = new Set([
  'attentionNorm',
  'attentionOutputNorm',
  'mlpNorm',
  'mlpOutputNorm',
  'finalNorm',
] as const);

/** [out, in] of a part, or the one size of a norm. */
function shapeOf(part: NamedPart, sizes: Sizes, layout: Layout): readonly number[] {
  const { width, feedForward, vocabulary, headWidth, contextLength } = sizes;
  const queries = sizes.heads * headWidth;
  const keys = sizes.keyValueHeads * headWidth;
  if (NORMS.has(part)) return [width];
  switch (part) {
    case 'embedding':
    case 'head':
      return [vocabulary, width];
    case 'positions':
      return [contextLength + (layout.positionOffset ?? 0), width];
    case 'query':
      return [queries, width];
    case 'key':
    case 'value':
      return [keys, width];
    case 'queryKeyValue':
      return [queries + 2 * keys, width];
    case 'router':
      return [layout.experts ?? 0, width];
    case 'queryNorm':
      return [layout.normsOfHeads === true ? queries : headWidth];
    case 'keyNorm':
      return [layout.normsOfHeads === true ? keys : headWidth];
    case 'attentionOutput':
      return [width, queries];
    case 'gateUp':
      return [2 * feedForward, width];
    case 'down':
      return [width, feedForward];
    default:
      return [feedForward, width];
  }
}

/** The parts that share a tensor, with their rows of it; a part by itself. */
function rolesOf(
  part: Exclude<NamedPart, ExpertPart>,
  sizes: Sizes,
  layout: Layout,
): [part: Part, rows?: RowSlice][] {
  const { heads, keyValueHeads, headWidth, feedForward } = sizes;
  switch (part) {
    case 'queryKeyValue': {
      const parts = ['query', 'key', 'value'] as const;
      if (layout.headByHead === true)
        return parts.map((each, index) => [
          each,
          { from: index * headWidth, count: headWidth, every: 3 * headWidth },
        ]);
      const [queries, keys] = [heads * headWidth, keyValueHeads * headWidth];
      return [
        ['query', { from: 0, count: queries }],
        ['key', { from: queries, count: keys }],
        ['value', { from: queries + keys, count: keys }],
      ];
    }
    case 'gateUp':
      return [
        ['gate', { from: 0, count: feedForward }],
        ['up', { from: feedForward, count: feedForward }],
      ];
    case 'positions':
      if (layout.positionOffset === undefined) return [[part]];
      return [[part, { from: layout.positionOffset, count: sizes.contextLength }]];
    default:
      return [[part]];
  }
}

/** The parts of an MLP that a tensor of experts has, with the rows of each. */
const EXPERTS: Readonly<Record<ExpertPart, readonly ('gate' | 'up' | 'down')[]>> = {
  expertGate: ['gate'],
  expertUp: ['up'],
  expertDown: ['down'],
  expertGateUp: ['gate', 'up'],
};

const isExpertPart = (part: NamedPart): part is ExpertPart => part in EXPERTS;

/** The tensors of experts: one for each, or one that has the matrices of all. */
function expertSpecs(part: ExpertPart, name: string, sizes: Sizes, experts: number): TensorSpec[] {
  const { width, feedForward } = sizes;
  const parts = EXPERTS[part];
  const [out, into] = part === 'expertDown' ? [width, feedForward] : [feedForward, width];
  const rows = out * parts.length;
  const own = name.includes('{expert}');
  return Array.from({ length: experts }, (_, expert) =>
    parts.map((each, index): TensorSpec => ({
      role: `${each}.weight`,
      expert,
      name: `${name.replace('{expert}', `${expert}`)}.weight`,
      shape: own ? [rows, into] : [experts, rows, into],
      ...(!own && { rows: { from: expert * rows + index * out, count: out } }),
    })),
  ).flat();
}

function specsOf(
  part: NamedPart,
  name: string,
  sizes: Sizes,
  layout: Layout,
  weightName = name,
): TensorSpec[] {
  if (isExpertPart(part)) return expertSpecs(part, name, sizes, layout.experts ?? 0);
  const { biases = [], optionalBiases = [], transposed = false } = layout;
  const shape = shapeOf(part, sizes, layout);
  const turned = transposed && shape.length === 2 && !OUTSIDE.has(part);
  return rolesOf(part, sizes, layout).flatMap(([role, rows]): TensorSpec[] => {
    const sliced = rows === undefined ? {} : { rows };
    const weight: TensorSpec = {
      role: `${role}.weight`,
      name: `${weightName}.weight`,
      shape: turned ? shape.toReversed() : shape,
      ...sliced,
      ...(turned && { transposed }),
    };
    const optional = optionalBiases.includes(part);
    if (!optional && !biases.includes(part)) return [weight];
    const bias: TensorSpec = {
      role: `${role}.bias`,
      name: `${name}.bias`,
      shape: shape.slice(0, 1),
      ...sliced,
    };
    return [weight, optional ? { ...bias, optional } : bias];
  });
}

/** The tensors of a model, from the names of its parts and its sizes. */
export function listTensors(sizes: Sizes, layout: Layout): Weights {
  const { names, tied, spare = NONE } = layout;
  const named = Object.entries(names) as [NamedPart, string][];
  const inside = named.filter(([part]) => !OUTSIDE.has(part));
  return {
    model: named
      .filter(([part]) => OUTSIDE.has(part))
      .flatMap(([part, name]) => {
        // A tied head has the weights of the embedding, and its own bias.
        const weightName = part === 'head' && tied ? (names.embedding ?? name) : name;
        return specsOf(part, name, sizes, layout, weightName);
      }),
    blocks: Array.from({ length: sizes.layers }, (_, index) =>
      inside.flatMap(([part, name]) => specsOf(part, name.replace('{}', `${index}`), sizes, layout)),
    ),
    spare,
  };
}
