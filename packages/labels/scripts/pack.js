// Packs the public data sets that this package brings: `node packages/labels/scripts/pack.js FOLDER`, where FOLDER has them as
// JSON lines (`toxicity/`, `helpfulness/`, `truthfulness/`, `prompts/`). Writes data/*.parquet and src/packed.ts, which
// says how many rows each file has and what its bytes are. The same rows give the same bytes.
import { createHash } from 'node:crypto';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { writeWhole } from '@halfspace/files';
import { parquetWriteBuffer } from 'hyparquet-writer';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const OWN = join(HERE, 'own');
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Say which folder has the data sets: pack.js FOLDER');

async function rowsOf(path) {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
/** Rows without a response say nothing. */
const isWhole = (row) =>
  ['response', 'chosen', 'rejected'].every((name) => !(name in row) || row[name].trim() !== '');
const read = async (name) => (await rowsOf(join(folder, `${name}.jsonl`))).filter(isWhole);

/** A fifth of all names, always the same whatever other names there are. */
const isSetAside = (name) => createHash('sha256').update(name).digest().readUInt32BE(0) % 5 === 0;
/** What a dialogue begins with: rows that share it are of one dialogue. */
const openingOf = (dialogue) => dialogue.split('\n\nAssistant:')[0];

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });

const text = (name, data) => ({ name, data, type: 'STRING', nullable: false });
/** A score between 0 and 1 of which five digits say all that there is to say. */
const score = (name, data) => ({
  name,
  data: Float32Array.from(data, (value) => Math.round(value * 1e5) / 1e5),
  type: 'FLOAT',
  nullable: false,
});

const columns = {
  /** Single texts with a score; the group is left out where it is the prompt. */
  texts: (rows, column) => [
    text(
      'prompt',
      rows.map(({ prompt }) => prompt),
    ),
    text(
      'response',
      rows.map(({ response }) => response),
    ),
    score(
      column,
      rows.map(({ [column]: value }) => value),
    ),
    ...(rows.every(({ prompt, group }) => prompt === group)
      ? []
      : [
          text(
            'group',
            rows.map(({ group }) => group),
          ),
        ]),
  ],
  pairs: (rows) =>
    ['prompt', 'chosen', 'rejected', 'group'].map((name) =>
      text(
        name,
        rows.map((row) => row[name]),
      ),
    ),
  choices: (rows) => [
    text(
      'question',
      rows.map(({ question }) => question),
    ),
    ...['mc1', 'mc2'].map((name) =>
      text(
        name,
        rows.map((row) => JSON.stringify(row[name])),
      ),
    ),
  ],
  prompts: (rows) =>
    ['id', 'prompt'].map((name) =>
      text(
        name,
        rows.map((row) => row[name]),
      ),
    ),
};

const packed = [];
for (const file of await readdir(join(HERE, 'data'))) {
  if (file.endsWith('.parquet')) await rm(join(HERE, 'data', file));
}

async function pack(name, columnData) {
  const bytes = Buffer.from(
    parquetWriteBuffer({
      columnData,
      codec: 'BROTLI',
      compressors: { BROTLI: brotli },
      rowGroupSize: 1_000_000,
      pageSize: 1 << 24,
      statistics: false,
      createdBy: 'halfspace',
    }),
  );
  await writeWhole(join(HERE, 'data', `${name}.parquet`), [bytes]);
  const rows = columnData[0].data.length;
  packed.push({ name, rows, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  console.log(`${name}: ${rows} rows, ${bytes.length} bytes`);
}

// RealToxicityPrompts
const toxicity = { fit: await read('toxicity/train'), 'held-out': await read('toxicity/dev') };
for (const [part, rows] of Object.entries(toxicity)) {
  await pack(`real-toxicity-prompts-${part}`, columns.texts(rows, 'toxicity'));
}
const labelled = new Set(Object.values(toxicity).flatMap((rows) => rows.map(({ group }) => group)));
const documentOf = ({ id }) => id.slice(0, id.lastIndexOf(':'));
for (const kind of ['challenging', 'nontoxic']) {
  const rows = await read(`prompts/rtp-${kind}`);
  // A prompt of a document that is fitted on would be known already.
  await pack(`prompts-${kind}`, columns.prompts(rows.filter((row) => !labelled.has(documentOf(row)))));
}

// HH-RLHF
const measured = (await read('helpfulness/dev')).map((row) => ({ ...row, group: openingOf(row.prompt) }));
const openings = new Set(measured.map(({ group }) => group));
const fitted = (await read('helpfulness/train'))
  .map((row) => ({ ...row, group: openingOf(row.prompt) }))
  .filter(({ group }) => !openings.has(group));
await pack('hh-rlhf-fit', columns.pairs(fitted));
await pack('hh-rlhf-held-out', columns.pairs(measured));

// TruthfulQA: whether an answer is truthful, and whether it is informative, with one split of the questions.
const answers = { fit: await read('truthfulness/train'), 'held-out': await read('truthfulness/dev') };
const informative = await read('helpfulness/informative');
for (const [part, rows] of Object.entries(answers)) {
  const questions = new Set(rows.map(({ group }) => group));
  await pack(`truthful-qa-${part}`, columns.texts(rows, 'truthful'));
  await pack(
    `truthful-qa-informative-${part}`,
    columns.texts(
      informative.filter(({ group }) => questions.has(group)),
      'helpful',
    ),
  );
}
await pack('truthful-qa-choices', columns.choices(await read('truthfulness/mc-dev')));

// CREAK
const claims = await read('truthfulness/creak-train');
const [creakFit, creakHeldOut] = [false, true].map((aside) =>
  claims.filter(({ group }) => isSetAside(group) === aside),
);
await pack('creak-fit', columns.texts(creakFit, 'truthful'));
await pack('creak-held-out', columns.texts(creakHeldOut, 'truthful'));

// AttaQ
await pack('prompts-attaq', columns.prompts(await read('prompts/attaq')));

// Written for this package.
for (const file of (await readdir(OWN).catch(() => [])).toSorted((a, b) => (a < b ? -1 : 1))) {
  const name = file.replace('.jsonl', '');
  const rows = await rowsOf(join(OWN, file));
  const column = ['toxicity', 'truthful', 'helpful'].find((each) => each in rows[0]);
  await pack(`own-${name}`, column === undefined ? columns.pairs(rows) : columns.texts(rows, column));
}

const entries = packed
  .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  .map(
    ({ name, rows, bytes, sha256 }) =>
      `  '${name}': {\n    rows: ${rows},\n    bytes: ${bytes},\n    sha256: '${sha256}',\n  },`,
  );
await writeWhole(join(HERE, 'src', 'packed.ts'), [
  `// Written by scripts/pack.js.

/** A file of data/. */
export interface PackedFile {
  /** Rows in it. */
  readonly rows: number;
  /** Its size. */
  readonly bytes: number;
  /** Of its bytes, in hex. */
  readonly sha256: string;
}

/** The files of data/, by their names without \`.parquet\`. */
export const PACKED = {
${entries.join('\n')}
} as const satisfies Readonly<Record<string, PackedFile>>;
`,
]);
console.log(`${packed.reduce((sum, { bytes }) => sum + bytes, 0)} bytes in all`);
