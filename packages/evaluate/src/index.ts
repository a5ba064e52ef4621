export { distinct, repetition } from './metrics/n-grams.js';
export { holm } from './metrics/holm.js';
export { pairedTest } from './metrics/paired-test.js';
export type { PairedTest } from './metrics/paired-test.js';
export { perplexity } from './metrics/perplexity.js';
export type { TextLikelihood } from './metrics/perplexity.js';
export { promptToxicity, TOXIC } from './metrics/judged-toxicity.js';
export type { PromptToxicity } from './metrics/judged-toxicity.js';
