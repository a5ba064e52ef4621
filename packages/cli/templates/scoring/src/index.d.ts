import type { Attribute } from '@halfspace/core';

/** Text that keeps its voice down. The README is its model card. */
declare const attribute: Attribute;
export default attribute;
