import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** What a page may import. */
const ENTRIES = [
  '@halfspace/contracts',
  '@halfspace/core',
  '@halfspace/core/testing',
  '@halfspace/subspace',
  '@halfspace/attribute-toxicity',
  '@halfspace/attribute-helpfulness',
  '@halfspace/attribute-truthfulness',
  '@halfspace/model',
  '@halfspace/model/browser',
  '@halfspace/onnx-runtime',
  '@halfspace/backend-onnx/engine',
  '@halfspace/backend-web',
  '@halfspace/backend-web/worker',
];

/** A name of Node that no browser has; what asks first whether it is there does no harm. */
const OF_NODE =
  /(?<![.\w$?]|globalThis\.)(?:Buffer\s*[.(]|process\.(?!emitWarning|getBuiltinModule)\w|setImmediate\s*\()/;

async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: HERE },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    // Made for both: it asks where it is.
    external: ['onnxruntime-web/*'],
    write: false,
    logLevel: 'silent',
  });
  return outputFiles.map(({ text }) => text).join('\n');
}

it.each(ENTRIES)('%s is bundled for a page without a module of Node', async (entry) => {
  const text = await bundle(`export * from '${entry}';`);
  expect(OF_NODE.exec(text)?.[0]).toBeUndefined();
});

it('a module of Node would be found', async () => {
  await expect(bundle("export * from '@halfspace/files';")).rejects.toThrow('node:');
  expect(OF_NODE.test('const x = Buffer.from(y);')).toBe(true);
});
