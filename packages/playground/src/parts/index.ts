export { STYLESHEET } from '../design/stylesheet.js';
export { candidateTable, marginOf, tokenCode, type CandidateTableOptions } from './candidate-table.js';
export { escaped, htmlOf } from './html-of.js';
export { part, type AttributeValue, type ElementPart, type GivenAttributes, type Part } from './part.js';
export { shadeOf, shadeStyle, type Shade } from './shade.js';
export { stepPlot, type StepPlot } from './step-plot.js';
