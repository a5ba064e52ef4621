import { HalfspaceError } from '@halfspace/core';
import { readAll, type ByteSource } from './byte-source.js';
import { dequantize, isFloatType } from './dequantize.js';
import {
  FOUR_BIT_BLOCK,
  FOUR_BIT_FORMS,
  isFourBitType,
  readFourBitBlocks,
  type FourBitForm,
  type FourBitMatrix,
} from './four-bit.js';
import type { PlacedTensor } from './placed-tensor.js';
import {
  isInOrder,
  isPackedPart,
  unpackFourBit,
  unpackWeights,
  type PackedLayer,
} from './safetensors/packed-weights.js';
import { byteLength } from './tensor-type.js';
import type { WeightTensor } from './weight-tensor.js';

/** A tensor and the file that holds it. */
export interface Stored {
  readonly tensor: PlacedTensor;
  readonly file: ByteSource;
}

/** Tensors of a model: how each is read. */
export type Readers = ReadonlyMap<string, Reader>;
/** How one is read. */
export interface Reader {
  readonly tensor: WeightTensor;
  readonly read: () => Promise<Float32Array>;
  /** Some rows; absent where all must be read for that. */
  readonly readRows?: (from: number, count: number) => Promise<Float32Array>;
  /** Absent where it is not of four bits. */
  readonly fourBit?: {
    readonly form: () => Promise<FourBitForm | undefined>;
    readonly read: () => Promise<FourBitMatrix>;
  };
}

/** Readers of tensors that are stored one by one. */
export function plainReaders(stored: ReadonlyMap<string, Stored>): Readers {
  return new Map(
    [...stored].map(([name, { tensor, file }]) => {
      const readBytes = async (from: number, length: number): Promise<Float32Array> => {
        if (isFloatType(tensor.type))
          return dequantize(tensor.type, await readAll(file, tensor.offset + from, length));
        throw new HalfspaceError(
          'unsupported-model',
          `The tensor ${name} holds integers (${tensor.type}), not weights.`,
        );
      };
      const rowBytes = byteLength(tensor.type, tensor.shape.at(-1) ?? 1);
      return [
        name,
        {
          tensor,
          read: async () => readBytes(0, tensor.length),
          readRows: async (from: number, count: number) => readBytes(from * rowBytes, count * rowBytes),
          ...fourBitReader({ tensor, file }),
        },
      ] as const;
    }),
  );
}

/** How a tensor of GGUF is read as four-bit blocks. */
function fourBitReader({ tensor: { type, shape, offset, length }, file }: Stored): Pick<Reader, 'fourBit'> {
  const columns = shape.at(-1) ?? 1;
  if (!isFourBitType(type) || columns % FOUR_BIT_BLOCK !== 0) return {};
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return {
    fourBit: {
      form: async () => FOUR_BIT_FORMS[type],
      read: async () => readFourBitBlocks(type, await readAll(file, offset, length), rows, columns),
    },
  };
}

/** Readers in which packed layers have the weights that they stand for. */
export function withPackedLayers(
  stored: ReadonlyMap<string, Stored>,
  layers: ReadonlyMap<string, PackedLayer>,
): Readers {
  const plain = plainReaders(stored);
  const integers = async (name: string): Promise<Int32Array> => {
    const { tensor, file } = stored.get(name) as Stored;
    return new Int32Array(new Uint8Array(await readAll(file, tensor.offset, tensor.length)).buffer);
  };
  const unpacked = [...layers].map(([name, layer]) => {
    const type = layer.packing === 'awq' ? ('AWQ4' as const) : ('GPTQ4' as const);
    const groups = async () => (layer.groups === undefined ? undefined : integers(layer.groups));
    const parts = async () => ({
      quants: await integers(layer.quants),
      zeros: await integers(layer.zeros),
      scales: await (plain.get(layer.scales) as Reader).read(),
      groups: await groups(),
    });
    const reader: Reader = {
      tensor: { name, shape: [layer.outputs, layer.inputs], type },
      read: async () => unpackWeights(layer, await parts()),
      fourBit: {
        form: async () => (isInOrder(layer, await groups()) ? FOUR_BIT_FORMS[type] : undefined),
        read: async () => unpackFourBit(layer, await parts()),
      },
    };
    return [name, reader] as const;
  });
  return new Map([...[...plain].filter(([name]) => !isPackedPart(name, layers)), ...unpacked]);
}
