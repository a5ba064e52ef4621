/** More of a text than this says nothing more. */
const LONGEST = 1000;

/** What a message says of a value, whatever it is: this never throws, and never takes long. */
export function describeValue(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return cut(String(value));
  try {
    if (Array.isArray(value)) return 'a list';
    if (ArrayBuffer.isView(value)) return 'a list of numbers';
    return cut(String(value as { toString(): unknown }));
  } catch {
    return 'an object without a text';
  }
}

/** What somebody else's code complains of by what it threw, which may be anything. It never throws. */
export function complaintOf(thrown: unknown): string {
  if (typeof thrown === 'string' && thrown !== '') return cut(thrown);
  if (typeof thrown !== 'object' || thrown === null)
    return `it threw ${describeValue(thrown) || 'an empty text'}`;
  try {
    const { message } = thrown as { readonly message?: unknown };
    if (typeof message === 'string' && message !== '') return cut(message);
    return thrown instanceof Error
      ? 'it threw an error without a message'
      : `it threw ${describeValue(thrown)}`;
  } catch {
    return 'it threw an error whose message cannot be read';
  }
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
