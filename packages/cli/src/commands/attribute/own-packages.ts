import { fileURLToPath } from 'node:url';
import { resolve } from 'import-meta-resolve';
import { VERSION } from '../../version.js';

/** Whether the packages of Halfspace can be installed by their names. Until then others link to where this command runs. */
const PUBLISHED = false;

/** The packages that one for an attribute may need. */
const NAMES = ['@halfspace/contracts', '@halfspace/subspace', 'halfspace'] as const;

/** How a package.json names packages of Halfspace, so that `npm install` finds them. */
export interface OwnPackages {
  /** Whether they are links to directories of this machine. */
  readonly linked: boolean;
  /** By name, what stands behind it among the dependencies. */
  readonly specs: Readonly<Record<string, string>>;
}

/** Finds {@link OwnPackages}: versions, or links where they are not published. */
export function ownPackages(): OwnPackages {
  const specs = NAMES.map((name) => [name, PUBLISHED ? `^${VERSION}` : `file:${directoryOf(name)}`]);
  return { linked: !PUBLISHED, specs: Object.fromEntries(specs) as Record<string, string> };
}

function directoryOf(name: string): string {
  // Up from this module, or from dist/index.js of the package.
  const place =
    name === 'halfspace'
      ? new URL('../../../', import.meta.url)
      : new URL('../', resolve(name, import.meta.url));
  // npm takes slashes on every system.
  return fileURLToPath(place).replaceAll('\\', '/').replace(/\/$/, '');
}
