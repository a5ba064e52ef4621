export { labelOf, truthful } from './truthful.js';
