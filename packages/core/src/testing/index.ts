export { backendConformance } from './backend-conformance.js';
export type { ConformanceCheck, ConformanceOptions } from './backend-conformance.js';
export { createToyBackend, TOY_VOCABULARY } from './toy-backend.js';
export type { ToyBackend, ToyOptions } from './toy-backend.js';
export { toyAttribute } from './toy-attribute.js';
