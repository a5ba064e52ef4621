/** Names that a config may have, in the order in which they are looked for. */
export const CONFIG_FILES = ['halfspace.config.ts', 'halfspace.config.js', 'halfspace.config.json'];
