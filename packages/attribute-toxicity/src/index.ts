export { labelOf, nontoxic } from './nontoxic.js';
