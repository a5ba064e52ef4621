import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { bertFiles, bertShapes, writeTinyBert } from '../testing/tiny-bert.js';
import { tinyGguf } from '../testing/tiny-llama.js';
import { openModelFile, type ModelFile } from '../weights.js';
import { describeEncoder } from './bert.js';
import { compileEncoder } from './compile-encoder.js';

const directory = useTemporaryDirectory();
const place = () => join(directory.path, 'tiny');

async function opened<T>(use: (model: ModelFile) => Promise<T>, path = place()): Promise<T> {
  const model = await openModelFile(path);
  return use(model).finally(async () => model.close());
}

type Files = ReturnType<typeof bertFiles>;

async function write(change: (files: Files, shapes: Record<string, number[]>) => void = () => undefined) {
  const [files, shapes] = [bertFiles(), bertShapes()];
  change(files, shapes);
  await writeTinyBert(place(), { files, shapes });
}

describe('the architecture of an encoder', () => {
  const sizes = {
    family: 'bert',
    layers: 1,
    width: 8,
    heads: 2,
    feedForward: 16,
    vocabulary: 6,
    positions: 12,
  };

  it('is read from config.json and what sentence encoders have beside it', async () => {
    await write();
    expect(await opened(describeEncoder)).toEqual({ ...sizes, contextLength: 5, normEpsilon: 1e-12 });
  });

  it('takes as many tokens as there are positions, unless told otherwise', async () => {
    await write((files) => (files['sentence_bert_config.json'] = undefined));
    expect(await opened(describeEncoder)).toMatchObject({ contextLength: 12 });
    await write((files) => (files['sentence_bert_config.json'] = { max_seq_length: 500 }));
    expect(await opened(describeEncoder)).toMatchObject({ contextLength: 12 });
  });

  const config = (entries: object) => (files: Files) => void Object.assign(files['config.json'], entries);
  it.each<[string, string, RegExp, Parameters<typeof write>[0]]>([
    ['another family', 'unsupported-model', /model_type 'roberta'/, config({ model_type: 'roberta' })],
    ['another activation', 'unsupported-model', /hidden_act 'relu'/, config({ hidden_act: 'relu' })],
    [
      'other positions',
      'unsupported-model',
      /relative_key/,
      config({ position_embedding_type: 'relative_key' }),
    ],
    ['a decoder', 'unsupported-model', /is_decoder true/, config({ is_decoder: true })],
    ['heads of no width', 'corrupt-model', /a head is 2.666/, config({ num_attention_heads: 3 })],
    ['more blocks than tensors', 'corrupt-model', /500 blocks/, config({ num_hidden_layers: 500 })],
    ['a width of text', 'corrupt-model', /hidden_size as '8'/, config({ hidden_size: '8' })],
    [
      'another pooling',
      'unsupported-model',
      /by pooling_mode_cls_token;/,
      (files) => (files['1_Pooling/config.json'] = { pooling_mode_cls_token: true }),
    ],
    [
      'a missing tensor',
      'corrupt-model',
      /encoder.layer.0.output.dense.bias is missing/,
      (_, shapes) => delete shapes['encoder.layer.0.output.dense.bias'],
    ],
    [
      'a tensor of another shape',
      'corrupt-model',
      /is \[12, 4\] where \[12, 8\]/,
      (_, shapes) => (shapes['embeddings.position_embeddings.weight'] = [12, 4]),
    ],
    [
      'a tensor too many',
      'unsupported-model',
      /the tensor classifier.weight/,
      (_, shapes) => (shapes['classifier.weight'] = [2, 8]),
    ],
  ])('is refused with %s', async (_, code, message, change) => {
    await write(change);
    const failed = opened(describeEncoder);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toMatchObject({ code });
  });

  it('is not that of a language model', async () => {
    const path = join(directory.path, 'tiny.gguf');
    await writeFile(path, tinyGguf());
    await expect(opened(describeEncoder, path)).rejects.toMatchObject({ code: 'unsupported-model' });
  });
});

describe('compiling an encoder', () => {
  it('writes the graph once, and nothing when it fails', async () => {
    await write();
    const options = { cache: join(directory.path, 'cache') };
    const made = async (progress: number[] = []) =>
      opened(async (model) =>
        compileEncoder(model, { ...options, onProgress: (share) => progress.push(share) }),
      );
    await expect(
      opened(async (model) => compileEncoder(model, { ...options, signal: AbortSignal.abort() })),
    ).rejects.toMatchObject({ code: 'aborted' });
    expect(await readdir(join(options.cache, 'compiled'))).toEqual([]);
    const progress: number[] = [];
    const { path, architecture } = await made(progress);
    expect(architecture.width).toBe(8);
    expect(progress.at(-1)).toBe(1);
    expect((await readdir(dirname(path))).sort()).toEqual(['encoder.onnx', 'manifest.json', 'weights.bin']);
    const again: number[] = [];
    expect((await made(again)).path).toBe(path);
    expect(again).toEqual([]);
  });
});
