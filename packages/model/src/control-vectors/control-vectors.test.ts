import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ggufBytes, text } from '../testing/gguf-bytes.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { readControlVectors } from './read-control-vectors.js';
import { writeControlVectors } from './write-control-vectors.js';

const directory = useTemporaryDirectory();
const at = (name: string) => join(directory.path, name);

describe.each(['gguf', 'safetensors'])('directions in a file of %s', (kind) => {
  it('are read as they were written, whatever their number, length and words', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .integer({ min: 1, max: 40 })
          .chain((width) =>
            fc.uniqueArray(
              fc.tuple(
                fc.integer({ min: 1, max: 200 }),
                fc.float32Array({ minLength: width, maxLength: width, noNaN: true, noDefaultInfinity: true }),
              ),
              { minLength: 1, maxLength: 6, selector: ([block]) => block },
            ),
          ),
        fc.string({ maxLength: 12 }),
        async (directions, words) => {
          const path = at(`x.${kind}`);
          await writeControlVectors(path, {
            modelHint: 'llama',
            directions: new Map(directions),
            notes: { words },
          });
          const read = await readControlVectors(path);
          expect([...read.directions]).toEqual([...directions].sort(([a], [b]) => a - b));
          if (kind === 'gguf') expect(read.modelHint).toBe('llama');
        },
      ),
      { numRuns: 25 },
    );
    expect(await readdir(directory.path)).toEqual([`x.${kind}`]);
  });

  it('that are cut short are refused', async () => {
    const path = at(`cut.${kind}`);
    const directions = new Map([[3, Float32Array.of(1, 2, 3)]]);
    await writeControlVectors(at(`whole.${kind}`), { modelHint: 'x', directions });
    const whole = await readFile(at(`whole.${kind}`));
    for (let length = 0; length < whole.length - 32; length += 7) {
      await writeFile(path, whole.subarray(0, length));
      await expect(readControlVectors(path)).rejects.toThrow(
        expect.objectContaining({ code: 'bad-control-vector' }),
      );
    }
  });
});

it('what is no control vector is refused', async () => {
  await writeFile(
    at('model.gguf'),
    ggufBytes({ metadata: { 'general.architecture': text('llama') }, tensors: [] }),
  );
  await expect(readControlVectors(at('model.gguf'))).rejects.toThrow(/of the architecture "llama"/);
  await expect(readControlVectors(at('missing.gguf'))).rejects.toThrow(
    expect.objectContaining({ code: 'file-not-found' }),
  );
  const directions = new Map([[1, Float32Array.of(1)]]);
  for (const [path, given] of [
    ['x.bin', directions],
    ['x.gguf', new Map<number, Float32Array>()],
  ] as const) {
    await expect(writeControlVectors(at(path), { modelHint: '', directions: given })).rejects.toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
  }
});

const reader = `
import json, sys
from gguf import GGUFReader
reader = GGUFReader(sys.argv[1])
text = lambda key: bytes(reader.fields[key].parts[-1]).decode()
print(json.dumps({
    'architecture': text('general.architecture'),
    'hint': text('controlvector.model_hint'),
    'layers': int(reader.fields['controlvector.layer_count'].parts[-1][0]),
    'tensors': {each.name: each.data.tolist() for each in reader.tensors},
}))`;
/** As `.ci/run` sets it. */
const PYTHON = process.env['HALFSPACE_TEST_PYTHON'] ?? 'python3';
const hasReader = ((): boolean => {
  try {
    execFileSync(PYTHON, ['-c', 'import gguf'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

it.skipIf(!hasReader)("Python's reader of GGUF finds the same (needs gguf of PyPI)", async () => {
  const directions = new Map([
    [2, Float32Array.of(1.5, -2, 0.25)],
    [11, Float32Array.of(0, 1, -1)],
  ]);
  await writeControlVectors(at('x.gguf'), { modelHint: 'gemma3', directions, notes: { attribute: 'calm' } });
  const said = execFileSync(PYTHON, ['-c', reader, at('x.gguf')], { encoding: 'utf8' });
  expect(JSON.parse(said)).toEqual({
    architecture: 'controlvector',
    hint: 'gemma3',
    layers: 11,
    tensors: { 'direction.2': [1.5, -2, 0.25], 'direction.11': [0, 1, -1] },
  });
});
