export { defineConfig } from './config/config.js';
export type { HalfspaceConfig, ServeConfig } from './config/config.js';
export { harmless } from './terminal/harmless.js';
export { createLoadBars } from './model/load-bars.js';
export type { LoadBars } from './model/load-bars.js';
export { main } from './main.js';
