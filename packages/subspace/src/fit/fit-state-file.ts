import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { HalfspaceError, schemaComplaint } from '@halfspace/core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ESTIMATORS } from '../artifact/estimators.js';
import { type FitSettings, LAYER_BY, vectorWidth } from './fit-settings.js';
import { type FitState, type ClassMoments, sumsBy } from './fit-state.js';
import { CENTRINGS, POSITIONS } from '../data/labelled-text.js';
import type { MeasuredResponse } from '../data/measured-response.js';
import { type Moments, restoreMoments } from './moments.js';
import { messageOf, writeOrRefuse } from '../artifact/whole-file.js';

/**
 * The file: a line of JSON (the header), the numbers as little-endian float64, and the sha-256 of all that.
 * A header's numbers say how many numbers there must be.
 */
const FORMAT = { format: 'halfspace-fit-state', version: 2 } as const;
const DIGEST_BYTES = 32;
/** The header ends before this many bytes: what is looked at to find its end. */
const MOST_HEADER = 2 ** 20;

/** All of a state that is not numbers. */
interface Header {
  readonly format: 'halfspace-fit-state';
  readonly version: 2;
  readonly settings: FitSettings;
  readonly counted: FitState['counted'];
  readonly measured?: {
    readonly counted: FitState['counted'];
    readonly responses: number;
  };
}

const whole = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
const text = { type: 'string', minLength: 1 } as const;

function record<T extends object>(properties: T, optional: readonly (keyof T)[] = []) {
  const required = Object.keys(properties).filter((key) => !optional.includes(key as keyof T));
  return { type: 'object', additionalProperties: false, required, properties } as const;
}

const counted = {
  type: 'array',
  items: record({ rows: whole, tokens: whole, digest: { type: 'string', pattern: '^[0-9a-f]{64}$' } }),
} as const;

const validate = new Ajv2020({ strict: true, verbose: true }).compile<Header>(
  record(
    {
      format: { const: FORMAT.format },
      version: { const: FORMAT.version },
      settings: record({
        model: text,
        width: { ...whole, minimum: 1, maximum: 2 ** 17 },
        layers: { type: 'array', items: whole, minItems: 1, maxItems: 2 ** 10, uniqueItems: true },
        layerBy: { enum: LAYER_BY },
        stack: { type: 'boolean' },
        estimator: { enum: ESTIMATORS },
        positions: { enum: POSITIONS },
        centring: { enum: CENTRINGS },
        pairs: { type: 'boolean' },
        chat: { type: 'boolean' },
        heldOut: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
        seed: whole,
      }),
      counted,
      measured: record({ counted, responses: whole }),
    },
    ['measured'],
  ),
);

/**
 * Writes a state of a fit. The file appears whole or not at all, and is of about four bytes times the square of the
 * width, for each side and layer (times four where a layer or the shrinkage is chosen, twice for the positions `both`).
 *
 * @throws HalfspaceError `cannot-write`
 */
export async function writeFitState(path: string, state: FitState): Promise<void> {
  const { settings, counted: rows, measured } = state;
  const header: Header = {
    ...FORMAT,
    settings,
    counted: rows,
    ...(measured && { measured: { counted: measured.counted, responses: measured.responses.length } }),
  };
  const arrays = state.sums.flat(2).flatMap(sitesOf).flatMap(numbersOf);
  if (measured !== undefined) arrays.push(Float64Array.from(measured.responses.flatMap(recordOf)));
  const parts = [
    Buffer.from(`${JSON.stringify(header)}\n`),
    ...arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)),
  ];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  // Gathered before the first wait: the sums are live.
  await writeOrRefuse(path, [Buffer.concat([...parts, hash.digest()])]);
}

/**
 * Reads a state of a fit and checks it.
 *
 * @throws HalfspaceError `state-not-found` when there is no such file, `bad-state` when it is not a whole state
 */
export async function readFitState(path: string): Promise<FitState> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') {
      throw new HalfspaceError('state-not-found', `There is no state of a fit at ${path}.`, { cause });
    }
    throw bad(path, messageOf(cause), cause);
  });
  const content = bytes.subarray(0, -DIGEST_BYTES);
  const end = content.subarray(0, MOST_HEADER).indexOf('\n');
  if (end < 0) throw bad(path, 'it has no header');
  const digest = createHash('sha256').update(content).digest();
  if (!digest.equals(bytes.subarray(-DIGEST_BYTES))) throw bad(path, 'it is damaged or not whole');
  const header = parseHeader(content.subarray(0, end).toString(), path);
  const payload = content.subarray(end + 1);
  if (payload.length % 8 !== 0) throw bad(path, 'its last number is not whole');
  // Copied, because numbers must begin at a multiple of their size.
  const numbers = new Float64Array(Uint8Array.from(payload).buffer);
  return stateOf(header, createReader(numbers, path));
}

function parseHeader(line: string, path: string): Header {
  try {
    const header: unknown = JSON.parse(line);
    if (validate(header)) return header;
  } catch (cause) {
    throw bad(path, 'its header is not JSON', cause);
  }
  throw bad(path, schemaComplaint(validate.errors, 'its header'));
}

/** Hands out numbers in order; nothing is made before its numbers are there, so a small file takes little memory. */
interface Reader {
  take(count: number): Float64Array;
  end(): void;
}

function createReader(numbers: Float64Array, path: string): Reader {
  if (!numbers.every(Number.isFinite)) throw bad(path, 'it has numbers that are not finite');
  let at = 0;
  return {
    take(count) {
      if (!(Number.isInteger(count) && count >= 0 && count <= numbers.length - at))
        throw bad(path, 'it has too few numbers');
      at += count;
      return numbers.subarray(at - count, at);
    },
    end() {
      if (at !== numbers.length) throw bad(path, 'it has too many numbers');
    },
  };
}

function stateOf({ settings, counted: rows, measured }: Header, reader: Reader): FitState {
  const { positions } = settings;
  const width = vectorWidth(settings);
  const sums = sumsBy(settings, (): ClassMoments => ({
    ...(positions === 'every' ? {} : { last: readMoments(reader, width) }),
    ...(positions === 'last' ? {} : { every: readMoments(reader, width) }),
  }));
  const responses: MeasuredResponse[] = [];
  while (responses.length < (measured?.responses ?? 0)) responses.push(readResponse(reader));
  reader.end();
  return {
    settings,
    counted: rows,
    sums,
    ...(measured && { measured: { counted: measured.counted, responses } }),
  };
}

function sitesOf({ last, every }: ClassMoments): Moments[] {
  return [last, every].filter((moments) => moments !== undefined);
}

/** Count, fourth moment, mean, third moment, and the upper triangle of the scatter row by row. */
function numbersOf({ width, count, fourth, mean, third, scatter }: Moments): Float64Array[] {
  const triangle = new Float64Array((width * (width + 1)) / 2);
  let at = 0;
  for (let i = 0; i < width; i++) {
    triangle.set(scatter.subarray(i * width + i, (i + 1) * width), at);
    at += width - i;
  }
  return [Float64Array.of(count, fourth), mean, third, triangle];
}

function readMoments(reader: Reader, width: number): Moments {
  const triangle = (width * (width + 1)) / 2;
  const [count, fourth] = reader.take(2);
  const [mean, third] = [reader.take(width), reader.take(width)];
  const upper = reader.take(triangle);
  const scatter = new Float64Array(width * width);
  let at = 0;
  for (let i = 0; i < width; i++) {
    for (let j = i; j < width; j++) {
      scatter[i * width + j] = upper[at];
      scatter[j * width + i] = upper[at++];
    }
  }
  return restoreMoments({ width, count, fourth, mean, third, scatter });
}

function recordOf({ label, group, tokens, mean, min, distances }: MeasuredResponse): number[] {
  return [label, group, tokens, mean, min, distances.length, ...distances];
}

function readResponse(reader: Reader): MeasuredResponse {
  const [label, group, tokens, mean, min, count] = reader.take(6);
  return { label, group, tokens, mean, min, distances: reader.take(count).slice() };
}

function bad(path: string, fault: string, cause?: unknown): HalfspaceError {
  return new HalfspaceError(
    'bad-state',
    `${path} is not a usable state of a fit: ${fault}. Remove it to start anew.`,
    { cause },
  );
}
