import type { LinearAttribute } from '@halfspace/core';

/** Text that is courteous towards the person spoken to. The README is its model card. */
declare const attribute: LinearAttribute;
export default attribute;
