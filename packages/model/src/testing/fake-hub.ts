import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with a file: the connection breaks, the end is missing, other bytes come, or it never ends. */
export type Fault = 'break' | 'short' | 'other' | 'hang';

/** A hub of one repository at one commit, on this machine. */
export interface FakeHub {
  readonly url: string;
  /** Requests so far: method and path. */
  readonly requests: string[];
  /** Authorization headers so far. */
  readonly tokens: (string | undefined)[];
  /** Files whose transfer was given up by the client. */
  readonly abandoned: string[];
  readonly faults: Map<string, Fault>;
  /** Answers everything with this status. */
  status: number | undefined;
  /** What the API says the revision is. */
  commit: unknown;
  /** The listing, to be falsified. */
  listing: Record<string, unknown>[];
  close(): Promise<void>;
}

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
/** Files of at least this many bytes are kept in large file storage, as the hub does. */
const LARGE = 10_000;

function describe(path: string, bytes: Buffer): Record<string, unknown> {
  const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const common = { type: 'file', path, size: bytes.length, oid };
  if (bytes.length < LARGE) return common;
  return { ...common, oid: 'f'.repeat(40), lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } };
}

/** Starts a server that plays the endpoints of the hub which fetching a model needs. */
export async function startFakeHub(
  repository: string,
  files: ReadonlyMap<string, Buffer>,
  revisions: readonly string[] = ['main'],
): Promise<FakeHub> {
  const known = [...revisions, COMMIT];

  function sendFile(path: string, request: IncomingMessage, response: ServerResponse): void {
    const bytes = files.get(path) ?? Buffer.alloc(0);
    if (request.headers.range === 'bytes=0-0') {
      response.writeHead(206, {
        'content-range': `bytes 0-0/${bytes.length}`,
        etag: '"e"',
        'content-length': 1,
      });
      response.end(bytes.subarray(0, 1));
      return;
    }
    response.on('close', () => response.writableFinished || hub.abandoned.push(path));
    const half = bytes.subarray(0, bytes.length >> 1);
    const fault = hub.faults.get(path);
    if (fault === undefined) response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    else if (fault === 'other') response.end(Buffer.from(bytes).fill(1, bytes.length - 1));
    else if (fault === 'short') response.end(half);
    else {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(half, () => fault === 'break' && setTimeout(() => response.destroy(), 20));
    }
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '', 'http://hub');
    hub.requests.push(`${request.method} ${pathname}`);
    hub.tokens.push(request.headers.authorization);
    const json = (status: number, value: unknown, headers = {}) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(value));
    if (hub.status !== undefined) return void json(hub.status, { error: `status ${hub.status}` });
    if (pathname.startsWith('/store/')) return sendFile(pathname.slice('/store/'.length), request, response);
    const [, what, revision = '', path = ''] =
      /^\/(?:api\/(?:models|datasets)\/|datasets\/)?[^/]+\/[^/]+\/(revision|tree|resolve)\/([^/]+)\/?(.*)$/.exec(
        pathname,
      ) ?? [];
    if (!pathname.includes(`/${repository}/`) || !known.includes(revision))
      return void json(404, { error: 'Repository not found' });
    if (what === 'revision') return void json(200, { id: repository, sha: hub.commit, lastModified: 0 });
    if (what === 'tree') {
      // In two pages, as the hub gives long listings.
      const second = request.url?.includes('cursor=2') === true;
      const next = `<${hub.url}${pathname}?cursor=2>; rel="next"`;
      return void json(
        200,
        second ? hub.listing.slice(1) : hub.listing.slice(0, 1),
        second ? {} : { link: next },
      );
    }
    if (!files.has(path)) return void json(404, { error: 'Entry not found' });
    if ((files.get(path)?.length ?? 0) < LARGE) return sendFile(path, request, response);
    response.writeHead(302, { location: `/store/${path}` }).end();
  }

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub: FakeHub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    tokens: [],
    abandoned: [],
    faults: new Map(),
    status: undefined,
    commit: COMMIT,
    listing: [...files].map(([path, bytes]) => describe(path, bytes)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return hub;
}
