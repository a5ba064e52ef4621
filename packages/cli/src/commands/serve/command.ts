import { type Command, InvalidArgumentError, Option } from 'commander';
import { ATTRIBUTE_SPEC, collectAttributes } from '../../options/attribute.js';
import { addModelOptions } from '../../options/model.js';
import { integer, number } from '../../options/number.js';
import { PRESET_NAMES } from '../../options/preset.js';
import type { ServeFlags } from './flags.js';

const EXAMPLES = `
What is given here or by "serve" of the config holds where a request says nothing
else. GET /openapi.json of the server has all routes and fields, GET /v1/models the
ids that clients can choose, of which some have a preset.

Examples:
  $ halfspace serve
  $ halfspace serve --attribute nontoxic=2 --port 8000
  $ halfspace serve --preset balanced --key @keys.txt --host 0.0.0.0
  $ halfspace serve --limit maxTokens=512 --metrics --log none
  $ curl http://127.0.0.1:8080/v1/chat/completions -H 'Content-Type: application/json' \\
      -d '{ "model": "smollm2:balanced", "messages": [{ "role": "user", "content": "Hello" }] }'`;

function collect(text: string, earlier: readonly string[] = []): string[] {
  return [...earlier, text];
}

function collectLimit(text: string, earlier: Readonly<Record<string, number>> = {}): Record<string, number> {
  const [, name, value] = /^([a-zA-Z]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('Write it as in maxTokens=512.');
  return { ...earlier, [name]: integer({ min: 1 })(value) };
}

/** Adds `halfspace serve`. */
export function addServe(program: Command, signal: AbortSignal): void {
  const command = program
    .command('serve')
    .summary('answer requests as the OpenAI API does, steered')
    .description(
      'Serves the model at the routes of the OpenAI API, and steers it as requests, model ids or these options say. ' +
        'It listens at once, and answers once the model is there. At / it has the playground, a page.',
    );
  addServeOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ServeFlags) => {
      const { serve } = await import('./run.js');
      await serve(flags, signal);
    });
}

/** Adds the options of a server, and those of its model. */
export function addServeOptions(command: Command): Command {
  command
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, which only this machine reaches)')
    .option('--port <n>', 'port; 0 for any that is free (default: 8080)', integer({ min: 0, max: 65535 }))
    .option(
      '--key <key>',
      'key that requests must have, or @FILE with one a line; HALFSPACE_KEY has one, too; may be repeated (default: none; other addresses than this machine need one)',
      collect,
    )
    .option('--id <name>', 'what the model is called; may be repeated (default: its name)', collect)
    .option(
      '--attribute <name[=weight]>',
      `${ATTRIBUTE_SPEC}; requests may name it, and the weight is that of those that do not (default: 0); may be repeated`,
      collectAttributes,
    )
    .option('--only', 'let requests name no attributes but those of --attribute')
    .option('--weights <file>', 'weights of requests that name none: what halfspace tune --out wrote')
    .addOption(
      new Option('--preset <name>', 'how far to go where a request does not say').choices([
        ...PRESET_NAMES,
        'none',
      ]),
    )
    .option(
      '--presets <file>',
      'presets of your own, by name: JSON, of what "halfspace" of a request may say',
    )
    .option(
      '--limit <name=n>',
      'maxTokens, maxRequests, maxMs, maxCompletions, maxBodyBytes and others; may be repeated',
      collectLimit,
    )
    .option(
      '--judge <name>',
      'independent judge that the page shows scores of: toxicity, or a module; may be repeated (default: none)',
      collect,
    )
    .option(
      '--examples',
      'let requests make values of texts that they give; halfspace playground always does',
    )
    .option('--metrics', 'have figures for Prometheus at /metrics')
    .option('--cors <origin>', 'let pages of an origin use the server, * of any; may be repeated', collect)
    .addOption(
      new Option('--log <kind>', 'what is written of requests (default: requests)').choices([
        'none',
        'requests',
        'texts',
      ]),
    )
    .option(
      '--grace <seconds>',
      'how long requests have to finish when the server is stopped (default: 10)',
      number({ min: 0 }),
    );
  return addModelOptions(command);
}
