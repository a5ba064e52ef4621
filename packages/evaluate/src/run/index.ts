export { parsePlan } from './parse-plan.js';
export { digest } from './plan.js';
export { unitWords } from './record-check.js';
export type { RecordCheck } from './record-check.js';
export { completionsLog } from './run-directory.js';
export { complaintOf, isQueuedUnit } from './run-schema.js';
export { unitKey } from './unit.js';
export { openUnitLog } from './unit-log.js';
export type { UnitLog } from './unit-log.js';
