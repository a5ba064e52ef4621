import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ARTIFACT } from '../testing/artifact.js';
import { packValues } from './pack-values.js';
import { LARGEST, type ValuesManifest } from './values-manifest.js';
import { openValuesFolder, verifyValues } from './verify-values.js';

const OPTIONS = { baseModel: 'org/name', licence: 'apache-2.0' };
const EARLY = { ...ARTIFACT, layers: [2] };

let directory: string;
let folder: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-values-'));
  folder = join(directory, 'packed');
  await packValues(folder, [{ artifacts: { '': ARTIFACT, 'early-exit': EARLY }, card: '# a card' }], OPTIONS);
});
afterEach(async () => rm(directory, { recursive: true, force: true }));

const verify = async () => verifyValues(await openValuesFolder(folder));

it('what was packed is what is found, with a card that the hub reads', async () => {
  await writeFile(join(folder, '.gitattributes'), '* text');
  const { manifest, artifacts, cards } = await verify();
  expect(artifacts.get('self-harm')).toEqual({ '': ARTIFACT, 'early-exit': EARLY });
  expect(cards.get('self-harm')).toBe('# a card');
  expect(manifest).toMatchObject({ values: ['self-harm'], model: { fingerprint: 'f00d' } });
  const card = await readFile(join(folder, 'README.md'), 'utf8');
  expect(card).toMatch(/^---\nbase_model: org\/name\nlicense: apache-2.0\n/);
  expect(card).toContain(
    '| [self-harm](self-harm/README.md) | 3 | 0.800 | 0.700 to 0.900 | 20 texts, held out |',
  );
});

it('is packed whole or not at all, into a place that is free, from values of one model', async () => {
  const again = packValues(folder, [{ artifacts: { '': ARTIFACT } }], OPTIONS);
  await expect(again).rejects.toThrow(expect.objectContaining({ code: 'directory-not-empty' }));
  const other = { ...ARTIFACT, model: { ...ARTIFACT.model, fingerprint: 'beef' } };
  for (const [values, options] of [
    [[], OPTIONS],
    [[{ artifacts: { '': ARTIFACT } }, { artifacts: { '': other } }], OPTIONS],
    [[{ artifacts: { '': ARTIFACT } }], { ...OPTIONS, baseModel: '../up' }],
    [[{ artifacts: { '': ARTIFACT } }], { ...OPTIONS, licence: 'x\nbase_model: y' }],
  ] as const) {
    await expect(packValues(join(directory, 'new'), values, options)).rejects.toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
  }
  expect(await readdir(directory)).toEqual(['packed']);
});

describe('a folder is refused', () => {
  const changed = async (change: (manifest: { files: Record<string, unknown> } & ValuesManifest) => void) => {
    const path = join(folder, 'values.json');
    const manifest = JSON.parse(await readFile(path, 'utf8')) as ValuesManifest & {
      files: Record<string, unknown>;
    };
    change(manifest);
    await writeFile(path, JSON.stringify(manifest));
  };
  const subspace = () => join(folder, 'self-harm', 'subspace.json');
  const digestOf = (text: string) => ({
    bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
  });
  /** Another file, with its own digest. */
  const replaced = async (text: string) => {
    await writeFile(subspace(), text);
    await changed(({ files }) => (files['self-harm/subspace.json'] = digestOf(text)));
  };

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['without a manifest', async () => rm(join(folder, 'values.json')), /no values.json/],
    ['with a manifest that is none', async () => writeFile(join(folder, 'values.json'), '{'), /no JSON/],
    [
      'with other bytes',
      async () => {
        const text = await readFile(subspace(), 'utf8');
        await writeFile(subspace(), text.replace('0.1.0', '0.1.1'));
      },
      /other bytes/,
    ],
    ['with another size', async () => writeFile(subspace(), '{}'), /has 2 bytes and not/],
    ['that lacks a file', async () => rm(subspace()), /is missing/],
    [
      'with a stray file',
      async () => writeFile(join(folder, 'self-harm', 'index.js'), ''),
      /is there and not in/,
    ],
    [
      'with a folder in a folder',
      async () => mkdir(join(folder, 'self-harm', 'deep')),
      /is a link, or no file/,
    ],
    [
      'with a link',
      async () => {
        await rm(subspace());
        await symlink('/etc/passwd', subspace());
      },
      /is a link/,
    ],
    ['with a link to a folder', async () => symlink('/etc', join(folder, 'etc')), /is a link/],
    [
      'with a path that leads out',
      async () => changed(({ files }) => (files['../up.json'] = digestOf(''))),
      /files must match pattern/,
    ],
    [
      'with a path that is whole',
      async () => changed(({ files }) => (files['/etc/x'] = digestOf(''))),
      /files must match pattern/,
    ],
    [
      'that names code',
      async () => changed(({ files }) => (files['self-harm/index.js'] = digestOf(''))),
      /files must match pattern/,
    ],
    [
      'that claims a huge file',
      async () => changed(({ files }) => (files['LICENSE'] = { ...digestOf(''), bytes: LARGEST.file + 1 })),
      /files.LICENSE.bytes must be/,
    ],
    [
      'of which a value has no subspace',
      async () => changed((manifest) => Object.assign(manifest, { values: ['self-harm', 'calm'] })),
      /no subspace of "calm"/,
    ],
    ['with what is no subspace', async () => replaced('{}'), /format is missing/],
    [
      'with a subspace of another model',
      async () =>
        replaced(JSON.stringify({ ...ARTIFACT, model: { ...ARTIFACT.model, fingerprint: 'beef' } })),
      /is a subspace of/,
    ],
    [
      'with a subspace of another value',
      async () => replaced(JSON.stringify({ ...ARTIFACT, attribute: 'calm' })),
      /is a subspace of "calm"/,
    ],
    [
      'whose card names another model',
      async () => changed((manifest) => Object.assign(manifest, { baseModel: 'org/other' })),
      /does not say "base_model: org\/other"/,
    ],
  ])('%s', async (_, change, message) => {
    await change();
    await expect(verify()).rejects.toThrow(message);
    await expect(verify()).rejects.toThrow(expect.objectContaining({ code: 'bad-values' }));
  });
});
