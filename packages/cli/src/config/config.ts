import type { Arithmetic, Device } from '@halfspace/backend-onnx';
import type { PluginModule, Preset } from '@halfspace/core';
import type { ServerLimits, Steering } from '@halfspace/serve';

/** What a `halfspace.config.ts`, `.js` or `.json` may say. Everything may be left out. */
export interface HalfspaceConfig {
  /**
   * Attributes that are to be found by their name: packages (`halfspace-attribute-calm`) as seen from the
   * file, and paths (`./calm`, `./calm.json`) relative to it.
   */
  readonly attributes?: readonly string[];
  /** Model where a command is not told another: a path that begins with `.` or `/`, a known name, or `org/name` on the hub. */
  readonly model?: string;
  /**
   * Formula by which `halfspace generate` steers where it is given neither `--formula` nor `--attribute`.
   */
  readonly formula?: string;
  /** How far `halfspace generate` goes where it steers and is not told how far: see `PRESETS` of core. */
  readonly preset?: Preset;
  /** Arithmetic where a command is not told another (default: the faster one). */
  readonly precision?: Arithmetic;
  /** What runs the model where a command is not told otherwise (default: the processor). */
  readonly device?: Device | 'auto';
  /** Threads to run the model with where a command is not told another number (default: all cores). */
  readonly threads?: number;
  /** File with a chat template in place of that of the model, relative to the config: for `model`, or where neither names one. */
  readonly chatTemplate?: string;
  /**
   * Modules whose model families, sources of models, methods, judges, suites and attributes every command knows: what
   * `definePluginModule` makes, or packages and paths as in `attributes`. A `.json` has packages and paths alone.
   */
  readonly modules?: readonly (string | PluginModule)[];
  /** What `halfspace serve` does where it is not told otherwise. */
  readonly serve?: ServeConfig;
}

/** What `serve` of a config may say: as the options of `halfspace serve`, which count more. */
export interface ServeConfig {
  /** Address to listen on. */
  readonly host?: string;
  /** Port to listen on. */
  readonly port?: number;
  /** Keys that requests must have. */
  readonly key?: string | readonly string[];
  /** What the model is called. */
  readonly id?: string | readonly string[];
  /** How requests steer and decode that say nothing else. */
  readonly defaults?: Steering;
  /** Presets by name. */
  readonly presets?: Readonly<Record<string, Steering>>;
  /** How much requests may ask for. */
  readonly limits?: Partial<ServerLimits>;
  /** Whether there are figures for Prometheus. */
  readonly metrics?: boolean;
  /** Origins whose pages may use the server. */
  readonly cors?: readonly string[];
  /** What is written of requests. */
  readonly log?: 'none' | 'requests' | 'texts';
  /** Seconds that requests have to finish when the server is stopped. */
  readonly grace?: number;
}

/** Gives a config its type: `export default defineConfig({ attributes: ['./calm'] })`. Changes nothing. */
export function defineConfig(config: HalfspaceConfig): HalfspaceConfig {
  return config;
}
