import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines } from './support/halfspace.js';
import { makeWorkspace, type Workspace } from './support/workspace.js';

const GENERATE = ['generate', 'hello', '--model', './untied', '--max-tokens', '4', '--json'];
/** As on a machine without a GPU: Vulkan's loader, where there is one, finds no driver. */
const NO_GPU = { VK_ICD_FILENAMES: '/nonexistent.json', VK_DRIVER_FILES: '/nonexistent.json' };

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
});
afterAll(async () => workspace.remove());

describe('--device', () => {
  it('says what is wrong where there is no GPU, before anything is compiled', async () => {
    const words = [...GENERATE, '--device', 'webgpu'];
    const { code, stdout, stderr } = await workspace.run(words, { env: NO_GPU });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(
      'error (no-device): The model cannot run on the device webgpu here: ONNX Runtime says',
    );
    expect(stderr).toContain('take the device cpu or auto');
    expect(stderr).not.toContain('onnxruntime_src');
    expect((await workspace.listing()).filter((name) => name.includes('compiled'))).toEqual([]);
  });

  it('is the processor, of the same text, where auto finds no GPU', async () => {
    const of = async (device: string) => {
      const words = [...GENERATE, '--device', device, '--precision', 'f32', '--threads', '1'];
      const { code, stdout } = await workspace.run(words, { env: NO_GPU });
      expect(code).toBe(0);
      return jsonLines<{ text: string }>(stdout).map(({ text }) => text);
    };
    expect(await of('auto')).toEqual(await of('cpu'));
  });

  it('refuses an arithmetic that the device does not have', async () => {
    const words = [...GENERATE, '--device', 'webgpu', '--precision', 'int8'];
    const { code, stderr } = await workspace.run(words);
    expect(code).not.toBe(0);
    expect(stderr).toContain('The option precision on the device webgpu is f32, f16 or int4; got int8.');
  });
});
