// Reads texts as JSON lines and writes to a directory what baselines are fitted on: the tokens of each text (tokens.jsonl),
// the sentence vectors of the whole text and of every third shorter prefix, the shortest first (vectors.f32), and
// which model and encoder these are of (about.json, last).
import { mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createSentenceEncoder } from '@halfspace/encoders';
import { createTokenizer, openModelFile, resolveModel } from '@halfspace/model';

/** Texts whose prefixes are encoded together. */
const BLOCK = 256;
/** Tokens from one prefix to the next. */
const STRIDE = 3;

const directory = process.argv[2];
mkdirSync(directory, { recursive: true });
const file = await openModelFile((await resolveModel()).path);
const tokenizer = await createTokenizer(file);
const encoder = await createSentenceEncoder();
const tokenFile = openSync(join(directory, 'tokens.jsonl'), 'w');
const vectorFile = openSync(join(directory, 'vectors.f32'), 'w');

/** @param {readonly string[]} texts */
async function write(texts) {
  const tokens = texts.map((text) => tokenizer.encode(text, { controlTokens: false, continues: true }));
  const prefixes = tokens.flatMap((each) =>
    each.flatMap((_, last) =>
      (each.length - 1 - last) % STRIDE === 0 ? [tokenizer.decode(each.slice(0, last + 1))] : [],
    ),
  );
  for (const each of tokens) writeSync(tokenFile, `${JSON.stringify(each)}\n`);
  for (const vector of await encoder.encode(prefixes)) writeSync(vectorFile, vector);
}

/** @type {string[]} */
let block = [];
for await (const line of createInterface({ input: process.stdin })) {
  block.push(JSON.parse(line));
  if (block.length === BLOCK) await write(block.splice(0));
}
await write(block);
const { fingerprint: model } = file;
const { fingerprint, width } = encoder;
writeFileSync(join(directory, 'about.json'), JSON.stringify({ model, encoder: fingerprint, width }));
await encoder.dispose();
await file.close();
