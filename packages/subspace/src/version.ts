/** The version of this package, as in its package.json: written here, so that a bundle of it needs no file. */
export const PACKAGE_VERSION = '0.1.0';
