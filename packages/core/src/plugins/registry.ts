import type { ExtensionPoint, PluginModule } from '@halfspace/contracts';

/** What modules have bound, by extension point. */
export interface Registry {
  /** The modules that it was made of, each once. */
  readonly modules: readonly PluginModule[];
  /** All that was bound at a point: in the order of the modules, and in each in the order of its calls. */
  all<T>(point: ExtensionPoint<T>): readonly T[];
  /** The names of {@link Registry.all}, in that order. */
  names(point: ExtensionPoint<unknown>): readonly string[];
  /**
   * What was bound at a point by a name.
   *
   * @throws HalfspaceError by the code of the point, which says what there is and what was probably meant
   */
  get<T>(point: ExtensionPoint<T>, name: string): T;
}
