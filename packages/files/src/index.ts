export { assertWritable, writeFileAtomically } from './atomic-file.js';
export type { AtomicFile } from './atomic-file.js';
export { fileFault } from './file-fault.js';
export { lockFile } from './file-lock.js';
export type { Unlock } from './file-lock.js';
export { partialPath, removeAbandoned } from './partial.js';
export { messageOf, writeWhole } from './whole-file.js';
