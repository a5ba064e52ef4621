// Reads texts as JSON lines; writes for each the numbers that the judge of toxicity reads: its sentence vector, then its
// lexical features. The first line says which encoder and which features these are.
import { createInterface } from 'node:readline';
import { createSentenceEncoder } from '@halfspace/backend-onnx';
import { LEXICAL_FEATURES, lexicalFeatures } from '../dist/judges/lexical-features.js';

const BLOCK = 512;

const encoder = await createSentenceEncoder();
console.log(JSON.stringify({ encoder: encoder.fingerprint, lexical: LEXICAL_FEATURES }));

/** @param {readonly string[]} texts */
async function write(texts) {
  const vectors = await encoder.encode(texts);
  texts.forEach((text, index) => console.log(JSON.stringify([...vectors[index], ...lexicalFeatures(text)])));
}

/** @type {string[]} */
let block = [];
for await (const line of createInterface({ input: process.stdin })) {
  block.push(JSON.parse(line));
  if (block.length === BLOCK) await write(block.splice(0));
}
await write(block);
await encoder.dispose();
