import { ApiError, badRequest } from './api-error.js';

/**
 * The JSON in the body of a request.
 *
 * @param maxBytes - More are not read.
 * @throws ApiError 400, 413, 415
 */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const type = request.headers.get('content-type') ?? '';
  // A page of another origin may send other types without asking: such a request would have no answer that it can read, and cost as much.
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(type)) {
    throw new ApiError(415, 'not_json', 'Send JSON, with the header "Content-Type: application/json".');
  }
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const bytes = await readBytes(request, maxBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    const what = error instanceof TypeError ? 'It is not UTF-8' : 'It cannot be parsed';
    throw badRequest(null, `The body must be JSON. ${what}.`, 'invalid_json');
  }
}

async function readBytes({ body }: Request, maxBytes: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel().catch(() => undefined);
      throw tooLarge(maxBytes);
    }
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError(
    413,
    'body_too_large',
    `The body is larger than the ${maxBytes} bytes that this server takes.`,
  );
}
