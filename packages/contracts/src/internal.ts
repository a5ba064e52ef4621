// What core needs to check and to ask plugins, and plugin authors do not: it may change with any version.
export { abortedBy } from './errors.js';
export { checkPluginModule } from './module/define-plugin-module.js';
export { isExtensionPoint } from './module/extension-point.js';
export { checkVersion, fieldsOf, isSealed, seal } from './plugin/check-plugin.js';
export { checkDefinition, timeoutFault } from './plugin/definition.js';
export { checkName, FORMULA_NUMBERS } from './plugin/plugin-name.js';
export { readAnswer } from './plugin/read-answer.js';
export type { ExpectedAnswer } from './plugin/read-answer.js';
export { attributeNameFault, givenAsBefore, nowCalled, moved, renamed } from './renamed.js';
export { onAbort } from './waiting/on-abort.js';
export { SPECIFICATION_VERSIONS, versionOf } from './specification-version.js';
