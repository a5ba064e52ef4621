import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PAGE_STYLE } from './design/page-style.js';
import { STYLESHEET } from './design/stylesheet.js';
import { SHELL } from './shell.js';

/** Answers a request for a file of the page; undefined for all others. */
export type Pages = (request: Request) => Response | undefined;

/** What the page may do: run its own scripts, and ask the server that it comes from. Nothing else, whatever a text has in it. */
const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const SCRIPT = 'text/javascript; charset=utf-8';

/**
 * The playground, as files that a server has at `/` and below `/playground/`: `createServer({ pages: createPlayground() })`. The files
 * are read once, here. They hold nothing of the server, and so need no key.
 */
export function createPlayground(): Pages {
  const files = new Map<string, readonly [body: string, type: string]>([
    ['/', [SHELL, 'text/html; charset=utf-8']],
    ['/playground/style.css', [STYLESHEET + PAGE_STYLE, 'text/css; charset=utf-8']],
    ...scriptsOf('page', '/playground/page/'),
    ...scriptsOf('parts', '/playground/parts/'),
  ]);
  return ({ method, url }) => {
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    const file = files.get(new URL(url).pathname);
    if (file === undefined) return undefined;
    const [body, type] = file;
    return new Response(method === 'HEAD' ? null : body, { headers: { ...HEADERS, 'content-type': type } });
  };
}

/** The modules of a folder beside this one, by their paths on the server. */
function scriptsOf(folder: string, at: string) {
  const directory = fileURLToPath(new URL(`${folder}/`, import.meta.url));
  return readdirSync(directory)
    .filter((name) => name.endsWith('.js') && name !== 'index.js')
    .map((name) => [`${at}${name}`, [readFileSync(`${directory}/${name}`, 'utf8'), SCRIPT]] as const);
}
