export { labelOf, helpful } from './helpful.js';
