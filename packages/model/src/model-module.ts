import { createRegistry, definePluginModule, type Registry } from '@halfspace/core';
import { MODEL_FAMILY, MODEL_SOURCE } from './extension-points.js';
import { FAMILIES } from './families/index.js';
import { huggingFaceCache } from './sources/hub-cache.js';
import { hub } from './sources/hub.js';
import { localPath } from './sources/local.js';
import { ownCache } from './sources/own-cache.js';
import { wheel } from './sources/wheel.js';

/** What comes with this package: its families of models, and its sources, nearest first. Modules before it are asked before it. */
export const modelModule = definePluginModule({
  name: '@halfspace/model',
  bind(register) {
    for (const family of FAMILIES) register(MODEL_FAMILY, family);
    for (const source of [localPath, ownCache, huggingFaceCache, wheel, hub]) register(MODEL_SOURCE, source);
  },
});

let registry: Promise<Registry> | undefined;

/** What is looked up in where nothing else is given: {@link modelModule} alone. */
export async function modelRegistry(): Promise<Registry> {
  return (registry ??= createRegistry([modelModule]));
}
