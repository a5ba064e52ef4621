import type { Rule } from '../rule/rule.js';
import type { JsonSchema } from './schema-object.js';

/** What makes rules of the schemas inside a schema. */
export interface SchemaCompiler {
  /** The rule of a schema inside. */
  rule(schema: unknown, pointer: string): Rule;
  /** A schema inside with what it refers to in its place. */
  resolve(schema: unknown, pointer: string): JsonSchema;
  /** Names a rule, so that it stands once, however often it is used. */
  define(rule: Rule): Rule;
}
