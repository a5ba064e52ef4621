import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backend } from '@halfspace/core';
import { openModelFile } from '@halfspace/model';
import type { GpuArithmetic } from '../device/device.js';
import { openGpuBackend, type GpuBackend } from '../device/gpu-backend.js';
import { openSmallModel, toyTokenizer, VOCABULARY } from './small-model.js';

/** Where the trunk of a GPU runs in a test: on a GPU, and nothing of it elsewhere; or on the processor, which needs no driver. */
export type Place = 'webgpu' | 'cpu';

/** Backends on a device, of one checkpoint, that share what is compiled. */
export interface GpuModels {
  /** @param cacheBytes - For texts that are finished (default 0). */
  open(precision: GpuArithmetic, cacheBytes?: number): Promise<GpuBackend>;
  /** The checkpoint in f32 on the processor, by the graphs for it. */
  reference(): Promise<Backend>;
  close(): Promise<void>;
}

/** Makes ready a checkpoint of the fixtures. */
export async function gpuModels(name: string, provider: Place): Promise<GpuModels> {
  const cache = await mkdtemp(join(tmpdir(), 'halfspace-'));
  const directory = join(cache, name);
  await cp(fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url)), directory, { recursive: true });
  const closing: (() => Promise<void>)[] = [];
  return {
    async open(precision, cacheBytes = 0) {
      const file = await openModelFile(directory);
      try {
        const tokenizer = toyTokenizer(VOCABULARY);
        const strict = provider === 'webgpu';
        return await openGpuBackend({ file, tokenizer, precision, cache, cacheBytes, provider, strict });
      } finally {
        await file.close();
      }
    },
    async reference() {
      const model = await openSmallModel(name);
      closing.push(async () => model.close());
      return model.backend;
    },
    async close() {
      for (const each of closing) await each();
      await rm(cache, { recursive: true, force: true });
    },
  };
}
