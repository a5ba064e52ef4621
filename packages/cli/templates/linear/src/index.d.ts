import type { LinearAttribute } from '@halfspace/contracts';

/** Its `description` says what the positive side is; the README is its model card. */
declare const attribute: LinearAttribute;
export default attribute;
