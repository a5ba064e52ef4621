/**
 * A weight: nats per unit of margin (`margin`) or nats (`softmax`). Below 0 it steers away from the attribute; with 0 the
 * attribute is measured and does not steer. A text is a schedule over the completion: a formula of `step` (tokens written so
 * far) and `progress` (their share of `maxTokens`), such as `'4 - 3*progress'` or `'step < 10 ? 4 : 1'`.
 */
export type Weight = number | string;

/** A weight for each attribute, by name. */
export type Weights = Readonly<Record<string, Weight>>;
