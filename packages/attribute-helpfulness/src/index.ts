export { labelOf, helpfulness } from './helpfulness.js';
