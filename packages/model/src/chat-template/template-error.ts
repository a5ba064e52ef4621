/** What a template does wrong, or what cannot be rendered as Jinja2 renders it; {@link compileChatTemplate} says it to callers. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** A template that asks for more work than any chat needs. */
export class TemplateLimitError extends TemplateError {}

/** The error for what Jinja2 knows and this renderer leaves out, rather than render something else. */
export function notRendered(what: string): TemplateError {
  return new TemplateError(`${what} is not rendered here`);
}
