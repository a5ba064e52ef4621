export { labelOf, toxicity } from './toxicity.js';
