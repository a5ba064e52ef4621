/** Version of the command, as in its package.json, and of the packages that belong to it. Written here, so that a bundle needs no file. */
export const VERSION = '0.1.0';
