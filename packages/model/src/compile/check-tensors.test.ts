import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { safetensorsBytes } from '../testing/safetensors-bytes.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { tinyJson, tinySafetensors } from '../testing/tiny-llama.js';
import { openModelFile } from '../weights.js';
import { describeArchitecture } from './families.js';

const directory = useTemporaryDirectory();
const LAYER = 'model.layers.0.self_attn.q_proj';
const WIDTH = 32;

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

/** A tiny llama of which GPTQ packed one layer, with more tensors. */
async function describePacked(more: Readonly<Record<string, Float32Array>>) {
  const file = tinySafetensors();
  const end = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.subarray(8, end).toString()) as Header;
  const plain = Object.entries(header)
    .filter(([name]) => name !== `${LAYER}.weight`)
    .map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        return { name, dtype, shape, data: file.subarray(end + from, end + to) };
      },
    );
  const packed = [
    { name: `${LAYER}.qweight`, dtype: 'I32', shape: [WIDTH / 8, WIDTH], data: Buffer.alloc(WIDTH * 16) },
    { name: `${LAYER}.qzeros`, dtype: 'I32', shape: [1, WIDTH / 8], data: Buffer.alloc(WIDTH / 2) },
    { name: `${LAYER}.scales`, dtype: 'F32', shape: [1, WIDTH], data: Buffer.alloc(WIDTH * 4) },
  ];
  const given = Object.entries(more).map(([name, { buffer, length }]) => {
    return { name, dtype: 'F32', shape: [length], data: Buffer.from(buffer) };
  });
  const all = [...plain, ...packed, ...given];
  let at = 0;
  const placed: Header = {};
  for (const { name, dtype, shape, data } of all) {
    placed[name] = { dtype, shape, data_offsets: [at, at + data.length] };
    at += data.length;
  }
  const path = join(directory.path, 'packed');
  await mkdir(path, { recursive: true });
  const quantization = { quant_method: 'gptq', bits: 4 };
  const config = { ...tinyJson().config, quantization_config: quantization };
  await writeFile(join(path, 'config.json'), JSON.stringify(config));
  const bytes = safetensorsBytes(placed, Buffer.concat(all.map(({ data }) => data)));
  await writeFile(join(path, 'model.safetensors'), bytes);
  const model = await openModelFile(path);
  try {
    return await describeArchitecture(model);
  } finally {
    await model.close();
  }
}

describe('a bias of a layer that GPTQ packed, in a family without one', () => {
  const zeros = new Float32Array(WIDTH);

  it('is left out where it is zeros', async () => {
    const bare = await describePacked({});
    expect(await describePacked({ [`${LAYER}.bias`]: zeros })).toEqual(bare);
  });

  it.each<[string, Readonly<Record<string, Float32Array>>]>([
    ['one of its numbers is not zero', { [`${LAYER}.bias`]: zeros.with(WIDTH - 1, 1e-6) }],
    ['it is of another length', { [`${LAYER}.bias`]: new Float32Array(WIDTH / 2) }],
    ['its layer is not packed', { [`${LAYER.replace('q_proj', 'o_proj')}.bias`]: zeros }],
  ])('is refused where %s', async (_, more) => {
    await expect(describePacked(more)).rejects.toThrow(/_proj\.bias, for which/);
  });
});
