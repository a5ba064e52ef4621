import type { Family } from '../compile/architecture.js';
import { cohere, cohere2, commandR } from './cohere.js';
import { exaone4 } from './exaone.js';
import { gemma, gemma2, gemma3, gemma3Text } from './gemma.js';
import { gpt2 } from './gpt2.js';
import { gptJ } from './gpt-j.js';
import { gptNeoX, gptNeoXInGguf } from './gpt-neox.js';
import { granite, graniteMoe } from './granite.js';
import { llama } from './llama.js';
import { mixtral } from './mixtral.js';
import { ministral, mistral } from './mistral.js';
import { olmo, olmo2, olmo3 } from './olmo.js';
import { opt } from './opt.js';
import { phi, phi2, phi3 } from './phi.js';
import { qwen2, qwen3, qwen3Moe, qwen3MoeInGguf } from './qwen.js';
import { smollm3 } from './smollm3.js';
import { stablelm } from './stablelm.js';

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
  phi,
  phi2,
  phi3,
  olmo,
  olmo2,
  olmo3,
  granite,
  smollm3,
  cohere,
  commandR,
  cohere2,
  gptNeoX,
  gptNeoXInGguf,
  gptJ,
  opt,
  stablelm,
  exaone4,
  mixtral,
  qwen3Moe,
  qwen3MoeInGguf,
  graniteMoe,
];
