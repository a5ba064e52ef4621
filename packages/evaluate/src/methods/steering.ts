import type { DecodeOptions, Halfspace } from '@halfspace/core';

/** Names of the attributes that options steer by. */
export function steeringNames({
  attributes = {},
  control,
}: Pick<DecodeOptions, 'attributes' | 'control'>): string[] {
  const constrained = control?.mode === 'constraints' ? control.constraints : [];
  return [...new Set([...Object.keys(attributes), ...constrained.map(({ attribute }) => attribute)])];
}

/** Numbers that the subspaces of some attributes have for the model: direction, offset and calibration. */
export function steeringParameters({ attributes, backend }: Halfspace, names: readonly string[]): number {
  return attributes
    .filter(({ name }) => names.includes(name))
    .flatMap((attribute) => ('subspaces' in attribute ? attribute.subspaces : []))
    .filter(({ model }) => model === backend.model.fingerprint)
    .reduce((sum, { direction }) => sum + direction.length + 3, 0);
}
