import type { ScoringAttribute } from '@halfspace/core';

/** Text that keeps its voice down. The README is its model card. */
declare const attribute: ScoringAttribute;
export default attribute;
