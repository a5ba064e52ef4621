import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** Headers by which a page may share memory between threads. */
export const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** A site of files. */
export interface StaticSite {
  readonly url: string;
  /** Sent with every answer; may be changed. */
  headers: Readonly<Record<string, string>>;
  /** Files of the address `name` that are not in the folder; a function may answer with less than it announces. */
  readonly files: Map<
    string,
    Uint8Array | { readonly status?: number; readonly bytes: Uint8Array; readonly announced: number }
  >;
  /** Addresses that were asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Serves the files of a folder. */
export async function serveFolder(folder: string): Promise<StaticSite> {
  const site = {
    headers: ISOLATED as Readonly<Record<string, string>>,
    files: new Map(),
    asked: [] as string[],
  };
  const server = createServer((request, response) => {
    void (async () => {
      const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname));
      site.asked.push(path);
      const own = (site as unknown as StaticSite).files.get(path.slice(1));
      const found = own ?? (await readFile(join(folder, path)).catch(() => undefined));
      const headers = { ...site.headers, 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' };
      if (found === undefined) return response.writeHead(404, headers).end();
      if (found instanceof Uint8Array)
        return response.writeHead(200, { ...headers, 'content-length': found.length }).end(found);
      response.writeHead(found.status ?? 200, { ...headers, 'content-length': found.announced });
      response.write(found.bytes, () => response.destroy());
      return response;
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(site, {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
