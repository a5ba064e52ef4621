import type { Family } from '../compile/architecture.js';
import { gemma, gemma2, gemma3, gemma3Text } from './gemma.js';
import { gpt2 } from './gpt2.js';
import { llama } from './llama.js';
import { ministral, mistral } from './mistral.js';
import { qwen2, qwen3 } from './qwen.js';

/** The families that come with this package. */
export const FAMILIES: readonly Family[] = [
  llama,
  mistral,
  ministral,
  qwen2,
  qwen3,
  gemma,
  gemma2,
  gemma3,
  gemma3Text,
  gpt2,
];
