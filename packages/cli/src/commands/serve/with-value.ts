import { createHalfspace, type Halfspace } from '@halfspace/core';
import type { ValueExamples } from '@halfspace/serve';
import { attributeOf, fitSubspace, type LabelledText } from '@halfspace/subspace';

/** Where a value is read, as a share of the blocks: as `halfspace fit` has it. */
const HEIGHT = 0.6;

/**
 * Fits a value of a few examples, and gives what has it beside the attributes that there were. Others are served meanwhile.
 *
 * A few examples prove nothing, so it is not held against a value that it cannot be told from chance.
 *
 * @throws HalfspaceError what `fitSubspace` throws
 */
export async function withValue(
  { backend, attributes }: Halfspace,
  { name, good, bad }: ValueExamples,
  signal: AbortSignal,
): Promise<Halfspace> {
  const rows = [good, bad].flatMap((texts, side) =>
    texts.map((response, i): LabelledText => ({
      prompt: '',
      response,
      label: 1 - side,
      group: `${side}-${i}`,
    })),
  );
  const layer = Math.round(backend.model.layers * HEIGHT);
  const artifact = await fitSubspace(backend, rows, { attribute: name, layer, force: true, signal });
  const others = attributes.filter((each) => each.name !== name);
  return createHalfspace({
    backend,
    attributes: [...others, attributeOf(artifact, `made of ${good.length + bad.length} examples`)],
  });
}
