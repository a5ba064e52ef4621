import type vmOfNode from 'node:vm';

/** Runs something, and stops it with an error when it takes longer. */
type Watch = (task: () => void, limitMs: number) => void;

const TIMED_OUT = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

let watch: Watch | undefined;

type Vm = Pick<typeof vmOfNode, 'createContext' | 'Script'>;

/** By a name that bundlers do not follow. */
const MODULE = 'node:vm';

/** For Node before 20.16, which hands its modules to imports alone: it is there long before a model is. */
let imported: Vm | undefined;
if (globalThis.process?.versions?.node !== undefined && process.getBuiltinModule === undefined) {
  void import(/* @vite-ignore */ MODULE).then(
    (vm: Vm) => (imported = vm),
    () => undefined,
  );
}

/** Found by name when it is first needed: elsewhere than in Node there is none, and the host stops a script that hangs. */
function findWatch(): Watch | undefined {
  const vm = imported ?? (globalThis.process?.getBuiltinModule?.(MODULE) as Vm | undefined);
  if (vm === undefined) return undefined;
  const holder: { task?: () => void } = {};
  const context = vm.createContext(holder);
  const script = new vm.Script('task()');
  return (task, limitMs) => {
    const around = holder.task;
    holder.task = task;
    try {
      script.runInContext(context, { timeout: limitMs });
    } finally {
      if (around === undefined) delete holder.task;
      else holder.task = around;
    }
  };
}

/**
 * Does something that cannot be stopped from inside, as a regular expression of somebody else's cannot, and stops it when it takes
 * too long. It costs some ten microseconds. It is done again once before it counts as too long, because a machine that is busy or was
 * asleep may have taken the time.
 *
 * @param limitMs - Milliseconds of one try, a whole number above zero.
 * @param onLate - Makes the error that is thrown instead.
 * @throws whatever `task` or `onLate` throws
 * @beta
 */
export function withinTime<T>(limitMs: number, task: () => T, onLate: () => Error): T {
  watch ??= findWatch();
  if (watch === undefined) return task();
  for (const isLast of [false, true]) {
    const result: { value?: T; error?: unknown; ended?: boolean; failed?: boolean } = {};
    try {
      watch(() => {
        try {
          result.value = task();
        } catch (error) {
          result.error = error;
          result.failed = true;
        }
        result.ended = true;
      }, limitMs);
    } catch (error) {
      // What ended at the last moment has an answer all the same.
      if (result.ended !== true) {
        if ((error as { code?: unknown }).code !== TIMED_OUT) throw error;
        if (isLast) break;
        continue;
      }
    }
    if (result.failed === true) throw result.error;
    return result.value as T;
  }
  throw onLate();
}
