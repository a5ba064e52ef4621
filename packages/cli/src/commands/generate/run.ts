import {
  type AnyGenerateOptions,
  assertSubspaces,
  checkRequest,
  type Completion,
  createHalfspace,
  type GenerateOptions,
  HalfspaceError,
  type KnownModel,
  type Preset,
  spendPreset,
  type Weight,
  valueOf,
} from '@halfspace/core';
import { type AtomicFile, writeFileAtomically } from '@halfspace/files';
import type { GenerateFlags } from './flags.js';
import { cappedWeights } from '../../request/capped-weights.js';
import { attributeChoices, constraintChoices, controlOf, redrawOf } from '../../request/control-of.js';
import { traceLine } from '../../reports/trace/trace-line.js';
import { findConfig } from '../../config/find-config.js';
import { hardFilters } from './hard-filters.js';
import { loadAttributes, otherAttributes } from '../../attributes/load-attributes.js';
import { decodingOf } from '../../options/decoding.js';
import { note } from '../../terminal/output.js';
import { readPromptsAndChats } from '../../data/read-prompts.js';
import { asAsked, shownBefore } from './chats.js';
import { showCompletions } from './show-completions.js';
import { structureFilters } from './structure-filters.js';
import {
  assertNoModules,
  assertTunedFor,
  differencesFrom,
  type FoundWeights,
  readWeights,
} from '../../request/weights-file.js';
import { noteWarnings } from '../../model/note-warnings.js';
import { withBackend } from '../../model/with-backend.js';

/** `halfspace generate`. */
export async function generate(
  prompt: string | undefined,
  flags: GenerateFlags,
  signal: AbortSignal,
): Promise<void> {
  const formula = await formulaOf(flags);
  const tuned = flags.weights === undefined ? undefined : await weightsOf(flags.weights, flags, signal);
  const weighted = [...(tuned?.choices ?? []), ...(flags.attribute ?? [])];
  const named = [...constraintChoices(flags), ...(flags.redrawIfMeanBelow ?? [])];
  const choices = attributeChoices(weighted, named);
  const chosen = await loadAttributes<Weight>(choices, formula === undefined ? 1 : 0);
  const control = controlOf(flags, choices, chosen);
  const redraw = redrawOf(flags, choices, chosen);
  const filters = [...(await structureFilters(flags, signal)), ...(await hardFilters(flags, signal))];
  const given =
    prompt === undefined ? await readPromptsAndChats(flags.prompts ?? '-', signal) : [checked(prompt)];
  const prompts = asAsked(given, flags);
  const weights = cappedWeights(chosen, choices, flags.cap);
  const asked: AnyGenerateOptions = {
    ...decodingOf(flags),
    bonus: flags.bonus,
    lookAhead: flags.lookAhead,
    prompts: prompts.map((each) => (typeof each === 'string' ? each : { messages: each })),
    weights,
    ...(formula !== undefined && { formula }),
    control,
    ...(redraw !== undefined && { redraw }),
    filters,
  };
  const preset = await presetOf(flags, asked);
  const options = preset === undefined ? asked : spendPreset(asked, preset);
  const others = formula === undefined ? [] : await otherAttributes(chosen);
  const different = tuned && differencesFrom(tuned, options, flags.cap?.all);
  if (different !== undefined) note(different);
  const attributes = [...chosen, ...others].map(({ attribute }) => attribute);
  await checkRequest(options, attributes);
  const accept = (model: KnownModel): void => {
    if (tuned !== undefined) assertTunedFor(tuned, model);
    assertSubspaces(
      chosen.map(({ attribute }) => attribute),
      model,
    );
  };
  const work = async (file?: AtomicFile) =>
    withBackend({ ...flags, onFound: accept }, signal, async (backend) => {
      const trace = file && (async (completion: Completion) => file.append(traceLine(completion)));
      const halfspace = await createHalfspace({ backend, attributes });
      noteWarnings(halfspace);
      const request = { ...options, trace: file !== undefined, signal };
      // Which options go together was checked before the model was loaded.
      const events = halfspace.stream(request as GenerateOptions);
      return showCompletions({ events, before: prompts.map(shownBefore), flags, trace });
    });
  // Thrown when the trace is in its place: it shows how far a failed completion came.
  const failure = await (flags.trace === undefined ? work() : writeFileAtomically(flags.trace, work));
  if (failure !== undefined) throw failure;
}

async function weightsOf(
  path: string,
  { allowModules }: GenerateFlags,
  signal: AbortSignal,
): Promise<FoundWeights> {
  const found = await readWeights(path, signal);
  if (allowModules !== true) assertNoModules(found, path);
  return found;
}

/** What completions are steered by where attributes are not weighted: a formula, if the flags or the config have one. */
async function formulaOf({ formula, attribute, weights }: GenerateFlags): Promise<string | undefined> {
  if (formula !== undefined || attribute !== undefined || weights !== undefined) return formula;
  return (await findConfig())?.formula;
}

/** How strongly to steer in words: as the flags say, or else the config where something steers and nothing says how far. */
async function presetOf(
  { preset, weights }: GenerateFlags,
  { weights: weighted = {}, formula, control }: AnyGenerateOptions,
): Promise<Preset | undefined> {
  if (preset !== undefined) return preset === 'none' ? undefined : preset;
  const steered = formula !== undefined || Object.values(weighted).some((weight) => valueOf(weight) !== 0);
  if (!steered || weights !== undefined || control?.mode !== 'penalty') return undefined;
  return (await findConfig())?.preset;
}

function checked(prompt: string): string {
  if (prompt !== '') return prompt;
  throw new HalfspaceError('empty-prompt', 'The prompt is empty. Give it some text.');
}
