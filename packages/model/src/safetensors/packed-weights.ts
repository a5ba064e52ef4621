import { HalfspaceError } from '@halfspace/core';
import { describeValue } from '../describe-value.js';
import { FOUR_BIT_BLOCK, type FourBitMatrix } from '../four-bit.js';
import { isJsonObject } from '../json-object.js';
import type { MetadataValue, WeightTensor } from '../weight-tensor.js';

/** Four-bit numbers in one integer. */
const IN_ONE = 8;

/** Where in an integer AWQ has each of eight columns, in numbers of four bits. */
const AWQ_PLACES = [0, 4, 1, 5, 2, 6, 3, 7];

/** The two ways to pack four-bit weights into integers. */
export type Packing = 'awq' | 'gptq';

/** A linear layer of which a checkpoint has four-bit numbers, their zeros and scales by groups of inputs. */
export interface PackedLayer {
  readonly packing: Packing;
  /** What is added to the zeros as they are stored. */
  readonly offset: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Inputs of a group. */
  readonly group: number;
  /** Names of the tensors. */
  readonly quants: string;
  readonly zeros: string;
  readonly scales: string;
  /** Group of each input, where they are not in order. */
  readonly groups: string | undefined;
}

/** Tensors that a packed layer is made of. */
const PARTS = ['qweight', 'qzeros', 'scales', 'g_idx'];

/** What a configuration says of packed weights. */
interface PackedConfig {
  readonly packing: Packing;
  readonly offset: number;
}

/**
 * Reads what config.json says of four-bit weights.
 *
 * @returns Undefined where it says nothing of AWQ and GPTQ.
 * @throws HalfspaceError `unsupported-model` for other layouts of the two
 */
export function readPackedConfig(name: string, config: MetadataValue | undefined): PackedConfig | undefined {
  if (!isJsonObject(config)) return undefined;
  const { quant_method: packing, bits, checkpoint_format: format = 'gptq', version = 'gemm' } = config;
  if (packing !== 'awq' && packing !== 'gptq') return undefined;
  const layout = packing === 'gptq' ? format : typeof version === 'string' ? version.toLowerCase() : version;
  if (bits === 4 && ['gemm', 'gptq', 'gptq_v2'].includes(layout as string))
    return { packing, offset: layout === 'gptq' ? 1 : 0 };
  throw new HalfspaceError(
    'unsupported-model',
    `${name} has weights of ${describeValue(bits)} bits in the ${packing === 'awq' ? 'AWQ' : 'GPTQ'} layout ${describeValue(layout)}; Halfspace reads 4 bits, of AWQ "gemm", of GPTQ "gptq" and "gptq_v2". Take a GGUF file of the model, or one that is not quantised.`,
  );
}

/**
 * The packed layers among tensors, by the names of the weights that they stand for.
 *
 * @throws HalfspaceError `corrupt-model` where a part is missing, or shapes contradict each other
 */
export function findPackedLayers(
  tensors: ReadonlyMap<string, WeightTensor>,
  { packing, offset }: PackedConfig,
): ReadonlyMap<string, PackedLayer> {
  const layers = new Map<string, PackedLayer>();
  for (const { name } of tensors.values()) {
    if (!name.endsWith('.qweight')) continue;
    const layer = name.slice(0, -'.qweight'.length);
    layers.set(`${layer}.weight`, { packing, offset, ...readLayer(tensors, layer, packing) });
  }
  return layers;
}

function readLayer(tensors: ReadonlyMap<string, WeightTensor>, layer: string, packing: Packing) {
  const [quants, zeros, scales, groups] = PARTS.map((part) => tensors.get(`${layer}.${part}`));
  const wrong = (what: string) =>
    new HalfspaceError('corrupt-model', `The packed weights of ${layer} ${what}. Fetch the model again.`);
  if (quants?.type !== 'I32' || zeros?.type !== 'I32' || scales === undefined)
    throw wrong('lack quants, zeros or scales');
  const [rows = 0, columns = 0] = quants.shape;
  const [inputs, outputs] = packing === 'awq' ? [rows, columns * IN_ONE] : [rows * IN_ONE, columns];
  const [count = 0] = scales.shape;
  const group = inputs / count;
  const fits = (tensor: WeightTensor, ...shape: number[]) =>
    tensor.shape.length === shape.length && shape.every((size, at) => tensor.shape[at] === size);
  if (
    quants.shape.length !== 2 ||
    !Number.isInteger(group) ||
    outputs % IN_ONE !== 0 ||
    !fits(scales, count, outputs) ||
    !fits(zeros, count, outputs / IN_ONE) ||
    tensors.has(`${layer}.weight`)
  )
    throw wrong('have shapes that do not fit each other');
  if (groups !== undefined && (groups.type !== 'I32' || !fits(groups, inputs)))
    throw wrong('do not say of each input which group it is of');
  return {
    inputs,
    outputs,
    group,
    quants: quants.name,
    zeros: zeros.name,
    scales: scales.name,
    groups: groups?.name,
  };
}

/** Whether a tensor is a part of a packed layer. */
export function isPackedPart(name: string, layers: ReadonlyMap<string, PackedLayer>): boolean {
  const dot = name.lastIndexOf('.');
  return PARTS.includes(name.slice(dot + 1)) && layers.has(`${name.slice(0, dot)}.weight`);
}

/** The tensors of a packed layer as they are stored. */
export interface PackedTensors {
  readonly quants: Int32Array;
  readonly zeros: Int32Array;
  readonly scales: Float32Array;
  readonly groups: Int32Array | undefined;
}

/** Where a quant and a zero lie in the integers of a layer. */
interface Places {
  readonly quant: (input: number, output: number) => number;
  readonly zero: (group: number, output: number) => number;
}

function placesIn({ packing, offset, outputs }: PackedLayer, { quants, zeros }: PackedTensors): Places {
  const columns = outputs / IN_ONE;
  // Of eight columns in an integer, where each one's four bits begin.
  const shifts = AWQ_PLACES.map((place, column) => 4 * (packing === 'awq' ? place : column));
  return {
    quant: (input, output) =>
      15 &
      (packing === 'awq'
        ? quants[input * columns + (output >> 3)] >> shifts[output % IN_ONE]
        : quants[(input >> 3) * outputs + output] >> (4 * (input % IN_ONE))),
    zero: (group, output) =>
      ((zeros[group * columns + (output >> 3)] >> shifts[output % IN_ONE]) + offset) & 15,
  };
}

/**
 * The weights of a packed layer, outputs first: scale · (quant − zero) of the group that the input is of.
 *
 * @throws HalfspaceError `corrupt-model` where an input is of a group that there is not
 */
export function unpackWeights(layer: PackedLayer, tensors: PackedTensors): Float32Array {
  const { inputs, outputs, group } = layer;
  const { scales, groups } = tensors;
  const { quant, zero } = placesIn(layer, tensors);
  const count = inputs / group;
  const weights = new Float32Array(inputs * outputs);
  for (let input = 0; input < inputs; input++) {
    const of = groups === undefined ? Math.floor(input / group) : groups[input];
    if (of < 0 || of >= count)
      throw new HalfspaceError(
        'corrupt-model',
        `The packed weights ${layer.quants} have an input of group ${of}, of ${count} groups. Fetch the model again.`,
      );
    for (let output = 0; output < outputs; output++)
      weights[output * inputs + input] =
        scales[of * outputs + output] * (quant(input, output) - zero(of, output));
  }
  return weights;
}

/** Whether the inputs of a group lie together, and are a whole number of four-bit blocks. */
export function isInOrder({ group }: PackedLayer, groups: Int32Array | undefined): boolean {
  if (group % FOUR_BIT_BLOCK !== 0) return false;
  return groups === undefined || groups.every((each, input) => each === Math.floor(input / group));
}

/** The four-bit blocks of a packed layer that is {@link isInOrder}, outputs first. */
export function unpackFourBit(layer: PackedLayer, tensors: PackedTensors): FourBitMatrix {
  const { inputs, outputs, group } = layer;
  const { scales: steps } = tensors;
  const { quant, zero } = placesIn(layer, tensors);
  const blocks = inputs / FOUR_BIT_BLOCK;
  const quants = new Uint8Array((inputs * outputs) / 2);
  const scales = new Float32Array(blocks * outputs);
  const minima = new Float32Array(blocks * outputs);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input += 2)
      quants[(output * inputs + input) >> 1] = quant(input, output) | (quant(input + 1, output) << 4);
    for (let block = 0; block < blocks; block++) {
      const of = Math.floor((block * FOUR_BIT_BLOCK) / group);
      const step = steps[of * outputs + output];
      scales[output * blocks + block] = step;
      minima[output * blocks + block] = -step * zero(of, output);
    }
  }
  return { rows: outputs, columns: inputs, quants, scales, minima };
}
