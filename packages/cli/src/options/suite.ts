/** A suite as the user names it. */
export interface SuiteChoice {
  /** Of a published suite, or what the prompts of a file are to be called. */
  readonly name: string;
  /** Its file; a published suite without one is fetched. */
  readonly path?: string;
}

/**
 * Collects the values of `--suite`, each `NAME`, `NAME=FILE` or `FILE`, whose name is then that of the file without its
 * ending.
 */
export function collectSuites(text: string, earlier: readonly SuiteChoice[] = []): SuiteChoice[] {
  return [...earlier, parseSuite(text)];
}

function parseSuite(text: string): SuiteChoice {
  const [, name, path] = /^([\w-]+)=(.+)$/.exec(text) ?? [];
  if (name !== undefined && path !== undefined) return { name, path };
  if (/^[\w-]+$/.test(text)) return { name: text };
  const [, stem] = /([^/\\]+?)(?:\.\w+)*$/.exec(text) ?? [];
  return { name: stem ?? text, path: text };
}
