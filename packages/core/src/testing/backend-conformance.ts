import type { Backend } from '@halfspace/contracts';
import { CHECKS } from './conformance-checks.js';
import { someTokens } from './conformance-tools.js';

/** A check of a backend, for any test runner. */
export interface ConformanceCheck {
  /** What must be true. */
  readonly name: string;
  /** Throws an Error that says what differs. */
  readonly run: () => Promise<void>;
}

/** Settings of {@link backendConformance}. */
export interface ConformanceOptions {
  /** How far numbers that should be the same may be apart where the backend does not say that it is `exact` (default 1e-3). */
  readonly tolerance?: number;
}

/**
 * What the contract of backends asks for, as a list of checks.
 *
 * ```js
 * for (const { name, run } of backendConformance(() => createMyBackend())) test(name, run);
 * ```
 *
 * Each check makes backends of its own and frees them. Some tokens are enough: a small model does. Independence of rank and of
 * company is checked where a backend says that it is `exact`.
 *
 * @param create - Makes a backend. A second one must not know the contexts of the first.
 */
export function backendConformance(
  create: () => Backend | Promise<Backend>,
  { tolerance = 1e-3 }: ConformanceOptions = {},
): ConformanceCheck[] {
  return CHECKS.map(({ name, check }) => ({
    name,
    run: async () => {
      const backend = await create();
      try {
        await check({ backend, tolerance, tokens: someTokens(backend) }, create);
      } finally {
        await backend.dispose();
      }
    },
  }));
}
