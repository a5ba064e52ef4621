import { HalfspaceError } from '@halfspace/core';
import type { Body } from './ast.js';
import { globals } from './globals.js';
import { Interpreter } from './interpreter.js';
import { parseTemplate } from './parser.js';
import { TemplateError, TemplateLimitError } from './template-error.js';
import { entriesOf } from './values.js';
import { Work, type Marks } from './work.js';

/** The longest template; those that models come with have some ten thousand characters. */
const LONGEST = 2 ** 22;

/** Characters of what is wrong with it: a template may say anything, at any length. */
const LONGEST_MESSAGE = 2000;

/** A chat template that has been read. */
export interface ChatTemplate {
  /**
   * The text that a template makes of some variables, as transformers would render it with Jinja2.
   *
   * @param variables - What JSON can hold; those that are `undefined` are unknown to the template.
   * @param marks - Characters in them that stand for others (default: none).
   * @throws HalfspaceError `bad-chat-template` when the template refuses them, has an error or uses what is not rendered here;
   * `chat-template-limit` when it takes more steps, longer texts or deeper calls than any chat needs
   */
  render(variables: Readonly<Record<string, unknown>>, marks?: Marks): string;
}

/**
 * Reads a chat template. It is Jinja2 in the sandbox, with the tags and functions that transformers adds; what Jinja2 has beside is
 * refused when it is rendered, never left out. The work is counted, not timed.
 *
 * @param name - What messages call it.
 * @param options - `now`: the time of `strftime_now`, in place of the clock.
 * @throws HalfspaceError `bad-chat-template` when it is none; `chat-template-limit` when it is longer or deeper than any
 */
export function compileChatTemplate(
  source: string,
  name: string,
  { now = () => new Date() }: { readonly now?: () => Date } = {},
): ChatTemplate {
  const body = guarded(`${name} cannot be read`, (): Body => {
    if (source.length > LONGEST) throw new TemplateLimitError(`It has more than ${LONGEST} characters`);
    return parseTemplate(source);
  });
  return {
    render: (variables, marks) =>
      guarded(`${name} does not take these messages`, () => {
        const work = new Work(marks);
        return new Interpreter(
          body,
          new Map([...globals(work, now), ...entriesOf(variables)]),
          work,
        ).render();
      }),
  };
}

function guarded<T>(what: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    // What is nested too deep for the stack, or makes a text too long for the engine.
    const isLimit = error instanceof TemplateLimitError || error instanceof RangeError;
    if (!isLimit && !(error instanceof TemplateError)) throw error;
    throw new HalfspaceError(
      isLimit ? 'chat-template-limit' : 'bad-chat-template',
      `${what}: ${error.message.slice(0, LONGEST_MESSAGE)}.`,
      {
        cause: error,
      },
    );
  }
}
