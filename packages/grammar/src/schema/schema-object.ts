/** A schema that is an object, as JSON has it. */
export type SchemaObject = Readonly<Record<string, unknown>>;

/** A JSON Schema: an object of keywords, `true` for anything, `false` for nothing. */
export type JsonSchema = SchemaObject | boolean;

/** Whether something is an object and no list. */
export function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
