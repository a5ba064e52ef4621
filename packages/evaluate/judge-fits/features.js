// node features.js JUDGE DIRECTORY < TEXTS: reads texts as JSON lines with prompt and completion, and writes what the judge
// reads of them: vectors.f32, lexical.jsonl (features by name), and about.json, which says which encoder it was.
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createSentenceEncoder } from '@halfspace/encoders';
import { helpfulnessFeatures } from '../dist/judges/helpfulness-judge.js';
import { toxicityFeatures } from '../dist/judges/toxicity-judge.js';
import { truthfulnessFeatures } from '../dist/judges/truthfulness-judge.js';

const BLOCK = 512;
/** @type {Readonly<Record<string, import('../dist/judges/regression-judge.js').TextFeatures>>} */
const FEATURES = {
  helpfulness: helpfulnessFeatures,
  toxicity: toxicityFeatures,
  truthfulness: truthfulnessFeatures,
};

const [, , judge, directory] = process.argv;
const features = FEATURES[judge];
await mkdir(directory, { recursive: true });
const vectors = createWriteStream(join(directory, 'vectors.f32'));
const lexical = createWriteStream(join(directory, 'lexical.jsonl'));
const encoder = await createSentenceEncoder();
let width = 0;

/** @param {readonly import('@halfspace/core').JudgedText[]} texts */
async function write(texts) {
  const sentences = texts.map(features.sentencesOf);
  const encoded = await encoder.encode(sentences.flat());
  texts.forEach((text, i) => {
    const { length } = sentences[i];
    const vector = features.combine(encoded.slice(i * length, (i + 1) * length));
    width = vector.length;
    vectors.write(Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength));
    lexical.write(`${JSON.stringify(Object.fromEntries(features.lexicalOf(text)))}\n`);
  });
}

/** @type {import('@halfspace/core').JudgedText[]} */
let block = [];
for await (const line of createInterface({ input: process.stdin })) {
  block.push(JSON.parse(line));
  if (block.length === BLOCK) await write(block.splice(0));
}
await write(block);
await encoder.dispose();
vectors.end();
lexical.end();
await writeFile(join(directory, 'about.json'), JSON.stringify({ encoder: encoder.fingerprint, width }));
