import { messagesOf, requestOf, type Settings } from './settings.js';

/** What commands are made of besides settings. */
export interface CommandParts {
  /** Where the server is, such as `http://127.0.0.1:8080`. */
  readonly origin: string;
  readonly model: string;
  /** Values that the server has. */
  readonly measure: readonly string[];
  /** Whether it asks for a key. The key itself is never in a command. */
  readonly hasKey: boolean;
}

/** Ways to have the steered text elsewhere. */
export const COMMAND_KINDS = { cli: 'command line', typescript: 'TypeScript', curl: 'curl' } as const;

/** One of {@link COMMAND_KINDS}. */
export type CommandKind = keyof typeof COMMAND_KINDS;

/** Presets of core, which the command line and the SDK know; others are the server's own. */
const PRESETS = ['light', 'balanced', 'strict'];
/** Packages of the values that come with Halfspace. */
const PACKAGES: Readonly<Record<string, string>> = {
  nontoxic: '@halfspace/attribute-toxicity',
  helpful: '@halfspace/attribute-helpfulness',
  truthful: '@halfspace/attribute-truthfulness',
};

/** Settings as something to paste. */
export function commandOf(kind: CommandKind, settings: Settings, parts: CommandParts): string {
  return { cli: commandLine, typescript: typeScript, curl }[kind](settings, parts);
}

/** Text as one word of a shell. */
export function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Weights that steer; with a preset and no weights all values to the same degree, as the server has it. */
function steering({ weights, preset }: Settings, { measure }: CommandParts): [string, number][] {
  const used = measure
    .map((name): [string, number] => [name, weights[name] ?? 0])
    .filter(([, weight]) => weight !== 0);
  return used.length === 0 && preset !== 'none' ? measure.map((name) => [name, 1]) : used;
}

function commandLine(settings: Settings, parts: CommandParts): string {
  const { mode, prompt, system, turns, begun, preset, seed, maxTokens, temperature } = settings;
  const isConversation = mode === 'chat' && (system !== '' || turns.length > 0);
  const row = JSON.stringify({ messages: messagesOf(settings) });
  const source = isConversation
    ? ['--prompts', '-']
    : mode === 'chat'
      ? ['--chat', prompt, ...(begun === '' ? [] : ['--begin', begun])]
      : [prompt + begun];
  const words = [
    'npx',
    'halfspace',
    'generate',
    ...source,
    ...steering(settings, parts).flatMap(([name, weight]) => ['--attribute', `${name}=${weight}`]),
    ...(preset === 'none' ? [] : ['--preset', preset]),
    '--seed',
    String(seed),
    '--max-tokens',
    String(maxTokens),
    ...(temperature === 1 ? [] : ['--temperature', String(temperature)]),
  ];
  const line = words.map(shellWord).join(' ');
  const own =
    PRESETS.includes(preset) || preset === 'none' ? '' : `# ${preset} is a preset of the server alone.\n`;
  return `${own}${isConversation ? `echo ${shellWord(row)} | ` : ''}${line}`;
}

function curl(settings: Settings, { origin, model, measure, hasKey }: CommandParts): string {
  const { path, body } = requestOf(settings, { model, measure, isPlain: false });
  const { stream: _, logprobs: __, ...sent } = body;
  return [
    `curl ${shellWord(origin + path)}`,
    "-H 'Content-Type: application/json'",
    ...(hasKey ? ['-H "Authorization: Bearer $HALFSPACE_KEY"'] : []),
    `-d ${shellWord(JSON.stringify(sent, undefined, 1))}`,
  ].join(' \\\n  ');
}

function typeScript(settings: Settings, parts: CommandParts): string {
  const { mode, prompt, begun, preset, seed, maxTokens, temperature } = settings;
  const weights = steering(settings, parts);
  const names = weights.map(([name]) => name);
  const imports = names.map((name) =>
    PACKAGES[name] === undefined
      ? `// ${name} is a value of your own: import it from where it is.`
      : `import { ${name} } from '${PACKAGES[name]}';`,
  );
  const known = PRESETS.includes(preset);
  const entries = weights.map(([name, weight]) => `${key(name)}: ${weight}`).join(', ');
  const options = [
    mode === 'chat'
      ? `messages: ${JSON.stringify(messagesOf(settings))}`
      : `prompt: ${JSON.stringify(prompt + begun)}`,
    `weights: { ${entries} }`,
    `seed: ${seed}`,
    `maxTokens: ${maxTokens}`,
    ...(temperature === 1 ? [] : [`temperature: ${temperature}`]),
  ];
  const object = `{\n${options.map((option) => `  ${option},`).join('\n')}\n}`;
  const call = known ? `spendPreset(${object}, '${preset}')` : object;
  return [
    `import { createOnnxBackend } from '@halfspace/backend-onnx';`,
    `import { createHalfspace${known ? ', spendPreset' : ''} } from '@halfspace/core';`,
    ...imports,
    '',
    `const attributes = [${names.map((name) => (PACKAGES[name] === undefined ? variable(name) : name)).join(', ')}];`,
    'const halfspace = await createHalfspace({ backend: await createOnnxBackend(), attributes });',
    ...(preset === 'none' || known ? [] : [`// ${preset} is a preset of the server alone.`]),
    `const { text } = await halfspace.complete(${call});`,
    'console.log(text);',
    'await halfspace.dispose();',
  ].join('\n');
}

/** Names of values may have hyphens, which those of variables cannot. */
function variable(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function key(name: string): string {
  return /^[a-z]\w*$/i.test(name) ? name : `'${name}'`;
}
