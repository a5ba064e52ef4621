import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { safetensorsBytes } from './safetensors-bytes.js';

/** Names and shapes of the tensors of a BERT of one block, 8 wide, with a feed-forward of 16, 6 words and 12 positions. */
export function bertShapes(): Record<string, number[]> {
  const dense = (name: string, rows: number, columns: number) => ({
    [`${name}.weight`]: [rows, columns],
    [`${name}.bias`]: [rows],
  });
  const norm = (name: string) => ({ [`${name}.weight`]: [8], [`${name}.bias`]: [8] });
  const block = 'encoder.layer.0';
  return {
    'embeddings.word_embeddings.weight': [6, 8],
    'embeddings.position_embeddings.weight': [12, 8],
    'embeddings.token_type_embeddings.weight': [2, 8],
    ...norm('embeddings.LayerNorm'),
    ...dense(`${block}.attention.self.query`, 8, 8),
    ...dense(`${block}.attention.self.key`, 8, 8),
    ...dense(`${block}.attention.self.value`, 8, 8),
    ...dense(`${block}.attention.output.dense`, 8, 8),
    ...norm(`${block}.attention.output.LayerNorm`),
    ...dense(`${block}.intermediate.dense`, 16, 8),
    ...dense(`${block}.output.dense`, 8, 16),
    ...norm(`${block}.output.LayerNorm`),
    ...dense('pooler.dense', 8, 8),
  };
}

/** The JSON files of {@link writeTinyBert}, to be changed; `undefined` leaves one out. */
export function bertFiles() {
  return {
    'config.json': {
      model_type: 'bert',
      hidden_act: 'gelu',
      hidden_size: 8,
      intermediate_size: 16,
      layer_norm_eps: 1e-12,
      max_position_embeddings: 12,
      num_attention_heads: 2,
      num_hidden_layers: 1,
      vocab_size: 6,
    } as Record<string, unknown>,
    'sentence_bert_config.json': { max_seq_length: 5 } as Record<string, unknown> | undefined,
    '1_Pooling/config.json': { pooling_mode_mean_tokens: true, pooling_mode_cls_token: false } as Record<
      string,
      unknown
    >,
    'tokenizer.json': {
      normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: {
        type: 'TemplateProcessing',
        single: [
          { SpecialToken: { id: '[CLS]' } },
          { Sequence: { id: 'A' } },
          { SpecialToken: { id: '[SEP]' } },
        ],
        pair: [],
        special_tokens: {
          '[CLS]': { id: '[CLS]', ids: [1], tokens: ['[CLS]'] },
          '[SEP]': { id: '[SEP]', ids: [2], tokens: ['[SEP]'] },
        },
      } as unknown,
      added_tokens: [],
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: { '[UNK]': 0, '[CLS]': 1, '[SEP]': 2, cat: 3, '##s': 4, mat: 5 },
      } as unknown,
    },
    'tokenizer_config.json': {},
  };
}

/** Writes a BERT whose weights are all a half. */
export async function writeTinyBert(
  directory: string,
  { shapes = bertShapes(), files = bertFiles() } = {},
): Promise<void> {
  for (const [name, json] of Object.entries(files)) {
    if (json === undefined) continue;
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), JSON.stringify(json));
  }
  let end = 0;
  const header = Object.entries(shapes).map(([name, shape]) => {
    const start = end;
    end += shape.reduce((a, b) => a * b, 4);
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }] as const;
  });
  const data = new Uint8Array(new Float32Array(end / 4).fill(0.5).buffer);
  await writeFile(join(directory, 'model.safetensors'), safetensorsBytes(Object.fromEntries(header), data));
}
