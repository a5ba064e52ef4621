import type { Rule } from '../rule/rule.js';

/** What makes rules of the schemas inside a schema. */
export interface SchemaCompiler {
  /** The rule of a schema inside. */
  rule(schema: unknown, pointer: string): Rule;
  /** Names a rule, so that it stands once, however often it is used. */
  define(rule: Rule): Rule;
}
