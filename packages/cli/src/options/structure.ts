import type { Command } from 'commander';

/** What gives completions a structure. */
export interface StructureFlags {
  readonly jsonSchema?: string;
  readonly grammar?: string;
}

/** Adds {@link StructureFlags} to a command. */
export function addStructureOptions(command: Command): Command {
  return command
    .option('--json-schema <file>', 'write nothing but JSON documents of this JSON Schema; - reads stdin')
    .option(
      '--grammar <file>',
      'write nothing but texts of this grammar, in EBNF with a rule root; - reads stdin',
    );
}
