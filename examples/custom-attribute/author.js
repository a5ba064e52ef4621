// What docs/authoring.md tells, in a temporary directory: an attribute "formal" from the scaffold on.
import { spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DATA = new URL('data/formality.jsonl', import.meta.url);
const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** On topics that the data lacks. */
const TEXTS = [
  'Permission to enter the archive is granted upon written request.',
  'Just drop me a line if you want to see the archive.',
];

const directory = await mkdtemp(join(tmpdir(), 'halfspace-authoring-'));
const PACKAGE = join(directory, 'formal');
try {
  run(directory, 'halfspace attribute new formal');
  // In place of `npm install`: the packages of this repository.
  await symlink(NODE_MODULES, join(directory, 'node_modules'));
  await replace(join(PACKAGE, 'src', 'index.js'), 'courteous towards the person spoken to', 'formal in tone');
  await copyFile(DATA, join(PACKAGE, 'data', 'train.jsonl'));

  run(PACKAGE, 'npm run fit -- --held-out 0.4');
  run(PACKAGE, 'npm test');

  await writeFile(join(directory, 'halfspace.config.json'), '{ "attributes": ["./formal"] }\n');
  await writeFile(
    join(directory, 'texts.jsonl'),
    TEXTS.map((response) => `${JSON.stringify({ response })}\n`).join(''),
  );
  run(directory, 'halfspace score --attribute formal --input texts.jsonl');
  for (const weight of [0, 3]) {
    run(
      directory,
      `halfspace generate --prompts - --attribute formal=${weight} --max-tokens 16`,
      'I think\n',
    );
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

/**
 * Runs a command as a shell would, and shows it.
 *
 * @param {string} cwd
 * @param {string} command
 */
function run(cwd, command, input = '') {
  console.log(`\n$ ${command}`);
  const PATH = [join(NODE_MODULES, '.bin'), process.env.PATH].join(delimiter);
  const { status } = spawnSync(command, {
    cwd,
    input,
    env: { ...process.env, PATH },
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`"${command}" ended with ${status}.`);
}

/**
 * @param {string} path
 * @param {string} from
 * @param {string} to
 */
async function replace(path, from, to) {
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
}
