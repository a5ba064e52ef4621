/** The version of the contracts between core and its plugins. A plugin made for another one is refused. */
export const CONTRACT_VERSION = 1;
