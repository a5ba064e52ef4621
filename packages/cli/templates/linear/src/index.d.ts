import type { Attribute } from '@halfspace/core';

/** Text that is courteous towards the person spoken to. The README is its model card. */
declare const attribute: Attribute;
export default attribute;
