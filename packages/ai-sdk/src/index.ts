export { createHalfspaceProvider } from './create-provider.js';
export type { HalfspaceProvider, HalfspaceProviderSettings } from './create-provider.js';
export { halfspace } from './default-provider.js';
export type { HalfspaceLanguageModel } from './language-model.js';
export { steer } from './steering-options.js';
export type { SteeringOptions } from './steering-options.js';
