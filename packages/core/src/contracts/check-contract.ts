import { HalfspaceError } from '../errors.js';
import { CONTRACT_VERSION } from './version.js';

/**
 * Refuses a plugin that was made for another version of the contracts.
 *
 * @param plugin - Anything with a `contract`: a backend or an attribute.
 * @param label - What to call it in the message, e.g. `attribute "toxicity"`.
 * @throws HalfspaceError `contract-version`
 */
export function checkContract(plugin: { readonly contract: number }, label: string): void {
  if (plugin.contract !== CONTRACT_VERSION) {
    throw new HalfspaceError(
      'contract-version',
      `The ${label} was made for version ${String(plugin.contract)} of the Halfspace contracts, and this ` +
        `core speaks version ${CONTRACT_VERSION}. Install releases of the two that belong together.`,
    );
  }
}
