export { labelToxicity, toxicity } from './toxicity.js';
