/**
 * The versions of the contracts between core and what others make for it, a number for each kind. Core speaks the current
 * version of a kind and the one before it.
 */
export const SPECIFICATION_VERSIONS = {
  /** Of `Backend`. Version 1 is `BackendV1`. */
  backend: 2,
  /** Of what `defineAttribute` makes. */
  attribute: 1,
  /** Of what `defineFilter` makes. Version 1 is `FilterV1`. */
  filter: 2,
  /** Of what `defineJudge` makes. */
  judge: 1,
  /** Of what `definePluginModule` makes. */
  module: 1,
} as const;

/** A kind of thing that is made for a version of its contract. */
export type SpecifiedKind = keyof typeof SPECIFICATION_VERSIONS;

/** The versions of a kind that are spoken, the lowest first: the current one and, where there is one, that before it. */
export function spokenVersions(kind: SpecifiedKind): number[] {
  const current = SPECIFICATION_VERSIONS[kind];
  return [current - 1, current].filter((version) => version > 0);
}

/** The version that something says it was made for. The first backends and plugins called it `contract`. */
export function versionOf(fields: Readonly<Record<PropertyKey, unknown>>): unknown {
  return fields['specificationVersion'] ?? fields['contract'];
}
