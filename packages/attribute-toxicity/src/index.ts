export { toxicity } from './toxicity.js';
export { labelToxicity } from './label-recipe.js';
