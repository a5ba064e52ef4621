import { contradiction } from '../compile/check-tensors.js';
import { defineFamily, type Described } from './define-family.js';
import { biasesByConfig, SPARE } from './llama.js';
import { wholeByKinds, windowIn } from './sliding.js';
import { ggufNames, LLAMA_PARTS, transformersNames } from './tensor-names.js';

/** One block of so many, the last, does not turn its queries and keys. */
const INTERVAL = 4;

const everyLast = (layers: number, interval: number) =>
  Array.from({ length: layers }, (_, layer) => layer).filter((layer) => layer % interval === interval - 1);

/** Blocks that do not turn their queries and keys: `no_rope_layers` has 0 for them. */
function unturnedByConfig({ model, read, sizes: { layers } }: Described): number[] {
  const given = read.value('no_rope_layers');
  if (given === undefined) return everyLast(layers, read.size('no_rope_layer_interval', INTERVAL));
  if (!Array.isArray(given) || given.length !== layers)
    throw contradiction(model.name, `its no_rope_layers are not of ${layers} blocks`);
  return given.flatMap((turns, layer) => (turns === 0 || turns === false ? [layer] : []));
}

function windows(found: Described, unturned: readonly number[]) {
  const { read } = found;
  const asked = read.flag('use_sliding_window', false) && read.value('sliding_window') !== undefined;
  const byKinds = wholeByKinds(found);
  const seesWhole = byKinds ?? ((layer: number) => !asked || !unturned.includes(layer));
  return read.value('sliding_window') === undefined
    ? {}
    : windowIn(found, read.size('sliding_window'), seesWhole);
}

/** SmolLM 3: a Llama in which every fourth block does not turn its queries and keys (Yang et al. 2025, NoPE). */
export const smollm3 = defineFamily('smollm3', {
  config: {
    uses: ['attention_bias', 'mlp_bias', 'no_rope_layers', 'no_rope_layer_interval'],
    rotary: { base: 2_000_000 },
    tied: true,
    layout: ({ read }) => ({
      names: transformersNames(LLAMA_PARTS),
      biases: biasesByConfig(read),
      spare: SPARE,
    }),
    switches(found) {
      const unturned = unturnedByConfig(found);
      return { unturned, ...windows(found, unturned) };
    },
  },
  gguf: {
    rotary: 'interleaved',
    factors: true,
    layout: () => ({
      names: ggufNames(LLAMA_PARTS),
      optionalBiases: ['query', 'key', 'value', 'attentionOutput', 'gate', 'up', 'down'],
    }),
    // No key says so: llama.cpp, too, takes it for granted.
    switches: ({ sizes }) => ({ unturned: everyLast(sizes.layers, INTERVAL) }),
  },
});
