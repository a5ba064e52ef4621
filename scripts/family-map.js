// Writes the map of families in packages/model/README.md: from the families that the package binds, and from the checkpoints
// that they are checked against. With --check nothing is written, and the exit code is 1 where the map is not what they give.
// Needs a build: npm run build && node scripts/family-map.js.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const PACKAGE = fileURLToPath(new URL('../packages/model/', import.meta.url));
const [BEGIN, END] = ['<!-- families -->', '<!-- end of families -->'];

/** What the checkpoints are, by the order of the families that they are of. */
async function checkpoints(families) {
  const folder = join(PACKAGE, 'fixtures/families');
  const found = await Promise.all(
    (await readdir(folder)).sort().map(async (name) => {
      const expected = JSON.parse(await readFile(join(folder, name, 'expected.json'), 'utf8'));
      return { name, ...expected };
    }),
  );
  const place = ({ family }) => families.indexOf(family);
  return found.sort((a, b) => place(a) - place(b));
}

/** Lines of a Markdown table, as oxfmt has them. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(rows[0]), line(widths.map((width) => '-'.repeat(width))), ...rows.slice(1).map(line)];
}

/** The map; throws where a family has no checkpoint, or none with a tied head, or none with one of its own. */
export async function familyMap() {
  const { FAMILIES } = await import(new URL('../packages/model/dist/families/index.js', import.meta.url));
  const families = FAMILIES.map(({ name }) => name);
  const all = await checkpoints(families);
  const unchecked = families.filter(
    (name) => !all.some(({ family, gguf }) => name === family || name === gguf),
  );
  if (unchecked.length > 0) throw new Error(`No checkpoint is of ${unchecked.join(', ')}.`);
  const half = [...new Set(all.map(({ family }) => family))].filter(
    (name) => new Set(all.filter(({ family }) => family === name).map(({ tied }) => tied)).size < 2,
  );
  if (half.length > 0) throw new Error(`Heads of one kind alone are checked of ${half.join(', ')}.`);
  const rows = all.map(({ name, models, family, tied, gguf, withoutGguf }) => [
    models,
    `\`${family}\``,
    tied ? 'tied' : 'own',
    gguf === null ? `none: ${withoutGguf}` : `\`${gguf}\``,
    `\`${name}\``,
  ]);
  const versions = [...new Set(all.map(({ transformers }) => transformers))].join(', ');
  return [
    ...table([['models', 'config.json', 'head', 'GGUF', 'checkpoint'], ...rows]),
    '',
    `Checked against transformers ${versions}.`,
  ].join('\n');
}

/** The README with the map in its place. */
export async function readmeWithMap() {
  const text = await readFile(join(PACKAGE, 'README.md'), 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md has no place between ${BEGIN} and ${END}.`);
  return { text, made: `${text.slice(0, from)}${BEGIN}\n\n${await familyMap()}\n\n${text.slice(to)}` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const { text, made } = await readmeWithMap();
  if (!values.check) await writeFile(join(PACKAGE, 'README.md'), made);
  else if (text !== made) {
    console.error(
      'The map of families in packages/model/README.md is not what the code gives: node scripts/family-map.js',
    );
    process.exitCode = 1;
  }
}
