export { defineConfig } from './config.js';
export type { HalfspaceConfig } from './config.js';
export { harmless } from './harmless.js';
export { createLoadBars } from './load-bars.js';
export type { LoadBars } from './load-bars.js';
export { main } from './main.js';
