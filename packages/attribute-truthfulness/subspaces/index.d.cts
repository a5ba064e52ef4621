/** The artifacts of this folder. */
declare const artifacts: readonly unknown[];
export = artifacts;
