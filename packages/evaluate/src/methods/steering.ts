import { subspaceFor, type AnyDecodeOptions, type Halfspace } from '@halfspace/core';

/** Names of the attributes that options steer by. */
export function steeringNames({
  weights = {},
  control,
  redraw,
}: Pick<AnyDecodeOptions, 'control' | 'redraw'> & { readonly weights?: object }): string[] {
  const constrained = control?.mode === 'constraints' ? control.constraints : [];
  return [
    ...new Set([
      ...Object.keys(weights),
      ...constrained.map(({ attribute }) => attribute),
      ...Object.keys(redraw?.ifMeanBelow ?? {}),
    ]),
  ];
}

/**
 * Numbers that the subspaces of some attributes have for the model: direction, offset and calibration.
 *
 * @param early - As the option of `generate`.
 */
export function steeringParameters(
  { attributes, backend }: Halfspace,
  names: readonly string[],
  early = false,
): number {
  return attributes
    .filter(({ name }) => names.includes(name))
    .flatMap((attribute) => ('subspaces' in attribute ? subspaceFor(attribute, backend.model, early) : []))
    .reduce((sum, { direction }) => sum + direction.length + 3, 0);
}
