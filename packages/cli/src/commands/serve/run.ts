import { type Attribute, createHalfspace, type Halfspace, type Judge, type Weight } from '@halfspace/core';
import { createPlayground } from '@halfspace/playground';
import { createServer, listen, type SteeringWeight } from '@halfspace/serve';
import { loadAttributes, otherAttributes, type WeightedAttribute } from '../../attributes/load-attributes.js';
import { findConfig } from '../../config/find-config.js';
import { withBackend } from '../../model/with-backend.js';
import { attributeChoices } from '../../request/control-of.js';
import { assertNoModules, assertTunedFor, readWeights } from '../../request/weights-file.js';
import { note } from '../../terminal/output.js';
import { pluralise } from '../../terminal/pluralise.js';
import { attributeCards } from './attribute-cards.js';
import type { ServeFlags } from './flags.js';
import { logLine } from './log-line.js';
import { modelIds } from './model-ids.js';
import { hostsOf, settingsOf } from './settings.js';
import { withValue } from './with-value.js';

/**
 * `halfspace serve`.
 *
 * @param onListening - Told where its page is, with a key in the fragment where one is asked for.
 */
export async function serve(
  flags: ServeFlags,
  signal: AbortSignal,
  onListening: (page: string) => Promise<void> = async () => {},
): Promise<void> {
  const settings = await settingsOf(flags, signal);
  const tuned = flags.weights === undefined ? undefined : await readWeights(flags.weights, signal);
  if (tuned !== undefined) assertNoModules(tuned, flags.weights ?? '');
  const choices = attributeChoices([...(tuned?.choices ?? []), ...(flags.attribute ?? [])], []);
  const chosen = await loadAttributes<Weight>(choices, 0);
  const others = flags.only === true ? [] : await otherAttributes(chosen);
  const { weights = {}, ...defaults } = settings.defaults;
  const ids = settings.ids.length > 0 ? settings.ids : modelIds(flags.model ?? (await findConfig())?.model);
  const hosts = hostsOf(settings);
  const loading = deferred<Halfspace>();
  const judges = await judgesOf(flags, signal);
  // What has the values of requests, too.
  let current = loading.promise;
  const server = createServer({
    halfspace: loading.promise,
    ...(ids !== undefined && { model: ids }),
    defaults: { ...defaults, weights: { ...weights, ...weightsOf(chosen) } },
    presets: settings.presets,
    cards: await attributeCards(),
    pages: createPlayground(),
    judges,
    ...(flags.examples === true && {
      addValue: async (examples, end) => {
        const changed = await withValue(await current, examples, end);
        current = Promise.resolve(changed);
        return changed;
      },
    }),
    keys: settings.keys,
    ...(hosts !== undefined && { hosts }),
    limits: settings.limits,
    cors: settings.cors,
    metrics: settings.metrics,
    logTexts: settings.log === 'texts',
    onRequest: (entry) => {
      if (settings.log !== 'none' && !isQuiet(entry.path)) note(logLine(entry));
    },
  });
  const listening = await listen(server, settings);
  note(`Listening on ${listening.url}. The model is being loaded.`);
  const [key] = settings.keys;
  await onListening(`${listening.url}/${key === undefined ? '' : `#key=${encodeURIComponent(key)}`}`);
  const onFound = (model: Parameters<typeof assertTunedFor>[1]): void => {
    if (tuned !== undefined) assertTunedFor(tuned, model);
  };
  const attributes: Attribute[] = [...chosen, ...others].map(({ attribute }) => attribute);
  try {
    await withBackend({ ...flags, onFound }, signal, async (backend) => {
      loading.resolve(await createHalfspace({ backend, attributes }));
      await server.ready;
      note(`Ready. ${listening.url}/v1 is the base URL for clients.`);
      await abortOf(signal);
      const { finished, cancelled } = await listening.stop(settings.graceMs);
      note(
        `Stopped. ${pluralise(finished, 'request')} finished, ${pluralise(cancelled, 'request')} cancelled.`,
      );
    });
  } catch (error) {
    loading.reject(error);
    await listening.stop(0);
    throw error;
  } finally {
    await Promise.all(judges.map(async (judge) => judge.dispose()));
  }
}

/** Loaded when there are any: they bring a model of their own. */
async function judgesOf({ judge: names = [] }: ServeFlags, signal: AbortSignal): Promise<Judge[]> {
  if (names.length === 0) return [];
  const { loadJudge } = await import('../evaluate/load-judge.js');
  return Promise.all(names.map(async (name) => loadJudge(name, signal)));
}

/** Who watches whether it is well asks all the time, and a page has many files. */
function isQuiet(path: string): boolean {
  return path === '/health' || path.startsWith('/playground/');
}

function weightsOf(chosen: readonly WeightedAttribute<Weight>[]): Record<string, SteeringWeight> {
  return Object.fromEntries(chosen.map(({ attribute, weight }) => [attribute.name, dataOf(weight)]));
}

/** JSON has no word for a cap without a limit. */
function dataOf(weight: Weight): SteeringWeight {
  if (typeof weight !== 'object') return weight;
  const { cap, ...rest } = weight;
  return { ...rest, ...(cap !== undefined && { cap: cap === Infinity ? 'none' : cap }) };
}

async function abortOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  // The command tells of it itself.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
