import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readChoices } from './choices.js';
import { PACKED } from './packed.js';
import { readLabels, type LabelSet } from './read-labels.js';
import { readPacked } from './read-packed.js';
import { PARTS, VALUES, type PackedName, type Value } from './recipes.js';
import { steeringPrompts } from './steering-prompts.js';
import { hasLabels, values } from './values.js';

const DATA = new URL('../data/', import.meta.url);
const NAMES = Object.keys(PACKED) as PackedName[];

describe('the files', () => {
  it('are those that are listed, with their bytes and rows', async () => {
    const files = (await readdir(DATA)).filter((file) => file.endsWith('.parquet'));
    expect(files.toSorted()).toEqual(NAMES.map((name) => `${name}.parquet`));
    for (const name of NAMES) {
      const path = new URL(`${name}.parquet`, DATA);
      const bytes = await readFile(path);
      const { num_rows: rows } = await parquetMetadataAsync(await asyncBufferFromFile(fileURLToPath(path)));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect({ rows: Number(rows), bytes: bytes.length, sha256 }).toEqual(PACKED[name]);
    }
  });

  it('take up a few megabytes', () => {
    expect(NAMES.reduce((sum, name) => sum + PACKED[name].bytes, 0)).toBeLessThan(5e6);
  });
});

describe('a file that is not as it was published', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'halfspace-labels-'));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));
  const there = () => pathToFileURL(`${folder}/`);

  it('is refused when a byte differs', async () => {
    const bytes = await readFile(new URL('truthful-qa-choices.parquet', DATA));
    bytes[1000] ^= 1;
    await writeFile(join(folder, 'truthful-qa-choices.parquet'), bytes);
    await expect(readPacked('truthful-qa-choices', there())).rejects.toMatchObject({
      code: 'checksum-mismatch',
    });
  });

  it('is named when it is not there', async () => {
    await expect(readPacked('creak-fit', there())).rejects.toMatchObject({
      code: 'file-not-found',
      message: expect.stringContaining('creak-fit.parquet') as string,
    });
  });
});

describe.each(VALUES)('the labels of %s', (value) => {
  const parts = {} as Record<(typeof PARTS)[number], readonly LabelSet[]>;
  beforeAll(async () => {
    for (const part of PARTS) parts[part] = await readLabels(value, { part });
  });

  it('have no group in two parts', () => {
    const groups = PARTS.map(
      (part) => new Set(parts[part].flatMap(({ texts }) => texts.map(({ group }) => group))),
    );
    for (const [i, one] of groups.entries()) {
      for (const other of groups.slice(i + 1))
        expect([...one].filter((group) => other.has(group))).toEqual([]);
    }
  });

  it('have both sides and texts that are not empty, in every set', () => {
    for (const { texts } of PARTS.flatMap((part) => parts[part])) {
      expect(new Set(texts.map(({ label }) => label))).toEqual(new Set([0, 1]));
      expect(texts.filter(({ response }) => response.trim() === '')).toEqual([]);
      expect(texts.filter(({ group }) => group.endsWith(': '))).toEqual([]);
    }
  });

  it('have pairs that take turns, of one prompt and group', () => {
    for (const { form, texts } of PARTS.flatMap((part) => parts[part])) {
      if (form !== 'pairs') continue;
      for (let i = 0; i < texts.length; i += 2) {
        const [chosen, rejected] = [texts[i], texts[i + 1]];
        expect([chosen.label, rejected.label]).toEqual([1, 0]);
        expect([rejected.prompt, rejected.group]).toEqual([chosen.prompt, chosen.group]);
      }
    }
  });

  it('say how many rows there are before anything is read', () => {
    const { parts: known } = values().find((each) => each.value === value) as ReturnType<
      typeof values
    >[number];
    for (const part of PARTS) {
      for (const [i, { form, texts }] of parts[part].entries()) {
        const { rows, label } = known[part][i];
        expect(label.form).toBe(form);
        if (form === 'pairs') expect(texts).toHaveLength(2 * rows);
        else expect(texts.length).toBeLessThanOrEqual(rows);
      }
    }
  });

  it('have prompts to steer, none of which was fitted on', async () => {
    const prompts = await steeringPrompts(value);
    expect(prompts.length).toBeGreaterThan(100);
    expect(new Set(prompts.map(({ id }) => id)).size).toBe(prompts.length);
    const fitted = new Set(
      parts.fit.flatMap(({ texts }) => texts.flatMap((row) => [row.prompt, row.response])),
    );
    expect(prompts.filter(({ prompt }) => fitted.has(prompt))).toEqual([]);
    for (const { messages } of prompts) if (messages) expect(messages.at(-1)?.role).toBe('user');
  });
});

describe('labels', () => {
  it('are sides of a score, and what lies between is left out', async () => {
    const [sides] = await readLabels('nontoxic', { part: 'heldOut' });
    const [graded] = await readLabels('nontoxic', { part: 'heldOut', labels: 'graded' });
    expect(graded.texts).toHaveLength(graded.rows);
    const labelOf = new Map(
      graded.texts.map(({ prompt, response, label }) => [`${prompt}\0${response}`, label]),
    );
    let left = graded.texts.length;
    for (const { prompt, response, label } of sides.texts) {
      const degree = labelOf.get(`${prompt}\0${response}`) as number;
      if (label === 1) expect(degree).toBeGreaterThanOrEqual(0.75);
      else expect(degree).toBeLessThanOrEqual(0.5);
      left--;
    }
    expect(left).toBe(graded.texts.filter(({ label }) => label > 0.5 && label < 0.75).length);
  });

  it('put what is rude on the other side', async () => {
    const [{ texts }] = await readLabels('nontoxic', { part: 'heldOut' });
    const rude = texts.filter(({ response }) => /motherfuck|bitch|asshole/i.test(response));
    expect(rude.length).toBeGreaterThan(10);
    expect(rude.filter(({ label }) => label === 1)).toEqual([]);
  });

  it('of a value that is not there name those that are', async () => {
    expect(hasLabels('truthful')).toBe(true);
    expect(hasLabels('calm')).toBe(false);
    const calm = 'calm' as Value;
    for (const read of [readLabels, steeringPrompts, readChoices]) {
      await expect(read(calm)).rejects.toMatchObject({
        code: 'unknown-attribute',
        message: expect.stringContaining('nontoxic, helpful, truthful') as string,
      });
    }
    await expect(readLabels('helpful', { part: 'dev' as 'fit' })).rejects.toMatchObject({
      code: 'bad-option',
    });
  });
});

describe('questions to choose answers to', () => {
  it('have one right answer, or several', async () => {
    const sets = await readChoices('truthful');
    expect(sets.map(({ name, questions }) => [name, questions.length])).toEqual([
      ['mc1', 153],
      ['mc2', 153],
    ]);
    for (const { name, questions } of sets) {
      for (const { choices } of questions) {
        const right = choices.filter((choice) => choice.right).length;
        expect(right).toBeGreaterThan(0);
        expect(right).toBeLessThan(choices.length);
        if (name === 'mc1') expect(right).toBe(1);
      }
    }
  });

  it('are not fitted on', async () => {
    const [{ questions }] = await readChoices('truthful');
    const fitted = new Set(
      (await readLabels('truthful')).flatMap(({ texts }) => texts.map((row) => row.prompt)),
    );
    expect(questions.filter(({ prompt }) => fitted.has(prompt))).toEqual([]);
  });
});
