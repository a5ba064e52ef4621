/** The version of the contracts between core and its plugins. A plugin made for another one is refused. */
export const CONTRACT_VERSION = 1;

/** The version of the contract between core and backends. A backend made for another one is refused. */
export const BACKEND_VERSION = 2;
