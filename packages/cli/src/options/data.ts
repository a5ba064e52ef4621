import type { Command } from 'commander';
import { parseCondition, type Condition } from './condition.js';

/** What every command that reads labelled texts takes. */
export interface DataFlags {
  readonly data: readonly string[];
  readonly prompt?: string;
  readonly response?: string;
  readonly text?: string;
  readonly chosen?: string;
  readonly rejected?: string;
  readonly label?: string;
  readonly desired?: Condition;
  readonly undesired?: Condition;
  readonly group?: string;
}

/** Adds {@link DataFlags} to a command. */
export function addDataOptions(command: Command): Command {
  return command
    .requiredOption(
      '--data <file...>',
      'JSON lines, .json, .csv, .tsv or .parquet, or hf:owner/name for a data set on the hub; may be repeated; - reads stdin',
    )
    .option('--prompt <column>', 'column of what stands before a response (default: prompt)')
    .option('--response <column>', 'column of the response (default: response)')
    .option('--text <column>', 'column of a text without a prompt, instead of these two')
    .option('--chosen <column>', 'column of the better one of two responses to a prompt')
    .option('--rejected <column>', 'column of the other one; such pairs need no label')
    .option('--label <column>', 'column that says on which side a row is (default: label)')
    .option('--desired <condition>', "labels of the desired side (default: '=1')", parseCondition)
    .option('--undesired <condition>', "labels of the other side (default: '=0')", parseCondition)
    .option(
      '--group <column>',
      'column of rows that belong together (default: group, where there is one; else each row stands alone)',
    );
}
