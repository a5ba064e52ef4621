export { labelOf, truthfulness } from './truthfulness.js';
