import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { altered, damaged, refusalOf } from '../testing/hostile.js';
import { safetensorsBytes } from '../testing/safetensors-bytes.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { openModelFile } from '../weights.js';

interface Stored {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: string;
}
interface Case {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, Stored>>;
  readonly weight: Stored;
}

/** What fixtures/make-packed.py writes: packed and unpacked by AutoAWQ. */
const cases = JSON.parse(
  await readFile(new URL('../../fixtures/packed.json', import.meta.url), 'utf8'),
) as Case[];
const directory = useTemporaryDirectory();
const code = (expected: string) => expect.objectContaining({ code: expected });

function bytesOf(tensors: Case['tensors']): Buffer {
  let end = 0;
  const parts = Object.values(tensors).map(({ data }) => Buffer.from(data, 'base64'));
  const header = Object.entries(tensors).map(([name, { dtype, shape }], at) => {
    const from = end;
    end += parts[at].length;
    return [name, { dtype, shape, data_offsets: [from, end] }];
  });
  return safetensorsBytes(Object.fromEntries(header), Buffer.concat(parts));
}

async function open({ config, tensors }: Pick<Case, 'config' | 'tensors'>, bytes = bytesOf(tensors)) {
  const place = join(directory.path, 'packed');
  await mkdir(place, { recursive: true });
  await writeFile(
    join(place, 'config.json'),
    JSON.stringify({ model_type: 'llama', quantization_config: config }),
  );
  await writeFile(join(place, 'model.safetensors'), bytes);
  return openModelFile(place);
}

const PLAIN: Stored = {
  dtype: 'F32',
  shape: [1],
  data: Buffer.from(Float32Array.of(7).buffer).toString('base64'),
};

describe.each(cases)('four-bit weights as $name', (packed) => {
  it('are those that they stand for', async () => {
    const { config, tensors, weight } = packed;
    const model = await open({ config, tensors: { ...tensors, 'norm.weight': PLAIN } });
    expect([...model.tensors.keys()].sort()).toEqual(['layer.weight', 'norm.weight']);
    expect(model.tensors.get('layer.weight')).toMatchObject({ shape: weight.shape });
    expect(model.metadata.has('quantization_config')).toBe(false);
    const expected = Buffer.from(weight.data, 'base64');
    const found = await model.readF32('layer.weight');
    expect(found).toHaveLength(expected.length / 4);
    found.forEach((number, at) => expect(number).toBe(expected.readFloatLE(at * 4)));
    expect([...(await model.readF32('norm.weight'))]).toEqual([7]);
    // In blocks they are the same, where inputs of a group lie together.
    const inOrder = packed.name !== 'gptq by activation';
    const form = await model.fourBitForm('layer.weight');
    expect(form).toEqual(inOrder ? { zeros: true, offsets: false } : undefined);
    const blocks = inOrder ? await model.readFourBit('layer.weight') : undefined;
    blocks?.scales.forEach((scale, block) => {
      const { quants, minima } = blocks;
      for (let at = block * 32; at < (block + 1) * 32; at++) {
        const quant = (quants[at >> 1] >> ((at & 1) * 4)) & 15;
        expect(scale * quant + minima[block]).toBeCloseTo(found[at], 6);
      }
    });
    expect(await model.fourBitForm('norm.weight')).toBeUndefined();
    await expect(model.readFourBit('norm.weight')).rejects.toThrow(code('unknown-tensor'));
    await model.close();
    await expect(model.readF32('layer.weight')).rejects.toThrow(code('closed-model'));
  });
});

const [AWQ, GPTQ] = cases;
const without = (part: string) =>
  Object.fromEntries(Object.entries(GPTQ.tensors).filter(([name]) => name !== `layer.${part}`));

describe('four-bit weights', () => {
  it.each<[string, string, Pick<Case, 'config' | 'tensors'>]>([
    ['unsupported-model', 'of eight bits', { ...GPTQ, config: { ...GPTQ.config, bits: 8 } }],
    [
      'unsupported-model',
      'in another layout of GPTQ',
      { ...GPTQ, config: { ...GPTQ.config, checkpoint_format: 'marlin' } },
    ],
    ['unsupported-model', 'in another layout of AWQ', { ...AWQ, config: { ...AWQ.config, version: 'gemv' } }],
    ['corrupt-model', 'without zeros', { ...GPTQ, tensors: without('qzeros') }],
    ['corrupt-model', 'without scales', { ...GPTQ, tensors: without('scales') }],
    [
      'corrupt-model',
      'beside the weights that they stand for',
      { ...GPTQ, tensors: { ...GPTQ.tensors, 'layer.weight': PLAIN } },
    ],
    [
      'corrupt-model',
      'with groups of other inputs',
      { ...GPTQ, tensors: { ...GPTQ.tensors, 'layer.g_idx': { ...PLAIN, dtype: 'I32' } } },
    ],
    ['corrupt-model', 'that are taken for the other layout', { ...AWQ, config: GPTQ.config }],
  ])('are refused as %s %s', async (expected, _, packed) => {
    await expect(open(packed)).rejects.toThrow(code(expected));
  });

  it('are refused where an input is of a group that there is not', async () => {
    const data = Buffer.from(Int32Array.from({ length: 64 }, () => 2).buffer).toString('base64');
    const model = await open({
      ...GPTQ,
      tensors: { ...GPTQ.tensors, 'layer.g_idx': { ...GPTQ.tensors['layer.g_idx'], data } },
    });
    await expect(model.readF32('layer.weight')).rejects.toThrow(code('corrupt-model'));
    await model.close();
  });

  it('are refused or read, whatever the configuration says, however the file is damaged', async () => {
    const use = async (model: ReturnType<typeof open>) =>
      refusalOf(
        model.then(async (each) => {
          try {
            for (const name of each.tensors.keys()) await refusalOf(each.readF32(name));
          } finally {
            await each.close();
          }
        }),
      );
    await fc.assert(
      fc.asyncProperty(altered(GPTQ.config), async (config) => {
        await use(open({ ...GPTQ, config: config as Case['config'] }));
      }),
      { seed: 3, numRuns: 100 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc
          .constantFrom(...cases)
          .chain((each) => fc.tuple(fc.constant(each), damaged(bytesOf(each.tensors)))),
        async ([each, bytes]) => {
          await use(open(each, bytes));
        },
      ),
      { seed: 4, numRuns: 300 },
    );
  });
});
