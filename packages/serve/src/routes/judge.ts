import { apiErrorOf, ApiError } from '../http/api-error.js';
import { jsonResponse } from '../http/respond.js';
import type { Route } from './route.js';

/** `POST /halfspace/judge`. */
export const judge: Route = async ({ judges, work: list }, { body, raw }) => {
  if (judges.length === 0) {
    throw new ApiError(404, 'no_judges', 'This server has no judges. It has those of the option judges.');
  }
  const { prompt = '', completions } = body as { prompt?: string; completions: string[] };
  const work = list.begin(raw.signal);
  const texts = completions.map((completion) => ({ prompt, completion }));
  try {
    const data = [];
    for (const each of judges) {
      const { name, description, desired, threshold } = each;
      const scores = await each.score(texts, { signal: work.signal });
      data.push({ name, description, desired, threshold, scores: [...scores] });
    }
    return jsonResponse({ object: 'list', data });
  } catch (error) {
    throw work.reason ?? apiErrorOf(error);
  } finally {
    work.end();
  }
};
