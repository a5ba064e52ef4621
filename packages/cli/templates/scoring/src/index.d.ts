import type { ScoringAttribute } from '@halfspace/contracts';

/** Its `description` says what the positive side is; the README is its model card. */
declare const attribute: ScoringAttribute;
export default attribute;
