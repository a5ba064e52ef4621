import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { altered, damaged, refusalOf } from '../testing/hostile.js';
import { safetensorsBytes } from '../testing/safetensors-bytes.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { tinyGguf, tinyJson, tinySafetensors, writeTinyDirectory } from '../testing/tiny-llama.js';
import { createTokenizer } from '../tokenizer/tokenizer.js';
import { openModelFile } from '../weights.js';
import { compileModel } from './compile.js';

/** Of the process, in bytes, at its highest so far. */
const peakMemory = () => process.resourceUsage().maxRSS * 1024;

// The whole way from a file to graphs: an error with a code or a result, never a crash or half a result.
describe('a damaged model', () => {
  const directory = useTemporaryDirectory();
  const cache = () => join(directory.path, 'cache');

  async function useModel(path: string): Promise<void> {
    const model = await openModelFile(path);
    try {
      const tokenizer = await createTokenizer(model);
      tokenizer.encode('he said');
      await compileModel(model, { precision: 'int8', cache: cache() });
    } finally {
      await model.close();
    }
  }

  /** Uses a model; the cache holds a whole compiled model afterwards, or nothing. Returns the code of the refusal. */
  async function outcome(path: string): Promise<string> {
    const refused = await refusalOf(useModel(path));
    const compiled = join(cache(), 'compiled');
    const places = await readdir(compiled).catch((): string[] => []);
    expect(places).toHaveLength(refused === undefined ? 1 : 0);
    for (const place of places) expect(await readdir(join(compiled, place))).toHaveLength(5);
    await rm(compiled, { recursive: true, force: true });
    return refused ?? 'compiled';
  }

  /** Runs the property; refusals are of the model, and some copies are as good as before. */
  async function check<T>(
    copies: fc.Arbitrary<T>,
    write: (copy: T) => Promise<string>,
    numRuns: number,
    expected = ['compiled', 'corrupt-model', 'unsupported-model'],
  ): Promise<void> {
    const before = peakMemory();
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(copies, async (copy) => void outcomes.add(await outcome(await write(copy)))),
      { seed: 9, numRuns },
    );
    expect(peakMemory() - before).toBeLessThan(2 ** 29);
    expect([...outcomes].sort()).toEqual(expected);
  }

  it('in GGUF is compiled or refused', async () => {
    const path = join(directory.path, 'tiny.gguf');
    const write = async (bytes: Buffer) => writeFile(path, bytes).then(() => path);
    await check(damaged(tinyGguf()), write, 80);
  });

  it('in GGUF is compiled or refused when the damage is in the header', async () => {
    const path = join(directory.path, 'tiny.gguf');
    const whole = tinyGguf();
    const length = whole.indexOf('token_embd.weight') + 2000;
    const write = async (bytes: Buffer) =>
      writeFile(path, Buffer.concat([bytes, whole.subarray(length)])).then(() => path);
    await check(damaged(whole.subarray(0, length)), write, 150);
  });

  it('in safetensors is compiled or refused', async () => {
    const path = join(directory.path, 'tiny');
    await writeTinyDirectory(path);
    const write = async (bytes: Buffer) => writeFile(join(path, 'model.safetensors'), bytes).then(() => path);
    await check(damaged(tinySafetensors()), write, 80, ['compiled', 'corrupt-model']);
  });

  it('in safetensors is compiled or refused, whatever stands in its header', async () => {
    const path = join(directory.path, 'tiny');
    await writeTinyDirectory(path);
    const whole = await readFile(join(path, 'model.safetensors'));
    const end = 8 + Number(whole.readBigUInt64LE());
    const write = async (header: unknown) => {
      const bytes = safetensorsBytes(header, whole.subarray(end));
      return writeFile(join(path, 'model.safetensors'), bytes).then(() => path);
    };
    const copies = altered(JSON.parse(whole.subarray(8, end).toString()));
    await check(copies, write, 60, ['corrupt-model', 'unsupported-model']);
  });

  it('in safetensors is compiled or refused, whatever stands in its tokenizer.json', async () => {
    const path = join(directory.path, 'tiny');
    await writeTinyDirectory(path);
    const write = async (tokenizer: unknown) =>
      writeFile(join(path, 'tokenizer.json'), JSON.stringify(tokenizer)).then(() => path);
    await check(altered(tinyJson().tokenizer), write, 100);
  });

  it('in safetensors is compiled or refused, whatever stands in its config.json', async () => {
    const path = join(directory.path, 'tiny');
    await writeTinyDirectory(path);
    const write = async (config: unknown) =>
      writeFile(join(path, 'config.json'), JSON.stringify(config)).then(() => path);
    await check(altered(tinyJson().config), write, 150);
  });
});
