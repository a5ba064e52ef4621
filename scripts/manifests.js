import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

// Gives every package what all of them say alike: where the project is, how they are published, licence and notice. Links
// of its README become absolute, for those who read it where the package is installed or listed. A version that the source
// says is that of the package.
// `--check` writes nothing, and fails where something differs.

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const isCheck = process.argv.includes('--check');
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const root = readJson(join(ROOT, 'package.json'));
const HOME = root.homepage.replace('#readme', '');

function complete(manifest, directory) {
  const { keywords = [], files = [], sideEffects = false } = manifest;
  return {
    ...manifest,
    keywords: [...new Set([...root.keywords, ...keywords])].toSorted((a, b) => a.localeCompare(b, 'en')),
    homepage: `${HOME}/tree/main/${directory}#readme`,
    bugs: root.bugs,
    license: root.license,
    repository: { ...root.repository, directory },
    files: [...new Set(['CHANGELOG.md', 'NOTICE', ...files])],
    sideEffects,
    publishConfig: { access: 'public', provenance: true },
  };
}

const withAbsoluteLinks = (text, directory) =>
  text.replaceAll(/\]\((\.\.?\/[^)]*)\)/g, (_, to) => `](${HOME}/blob/main/${posix.join(directory, to)})`);

function change(path, text) {
  if (!isCheck) return writeFileSync(path, text);
  process.exitCode = 1;
  console.error(`${path} differs: run \`npm run manifests\`.`);
}

function put(path, text) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) change(path, text);
}

for (const name of readdirSync(join(ROOT, 'packages'))) {
  const [directory, inRepository] = [join(ROOT, 'packages', name), `packages/${name}`];
  const manifest = join(directory, 'package.json');
  if (!existsSync(manifest)) continue;
  const [found, wanted] = [readJson(manifest), complete(readJson(manifest), inRepository)];
  if (!isDeepStrictEqual(found, wanted)) change(manifest, JSON.stringify(wanted));
  for (const same of ['LICENSE', 'NOTICE'])
    put(join(directory, same), readFileSync(join(ROOT, same), 'utf8'));
  const changes = join(directory, 'CHANGELOG.md');
  if (!existsSync(changes))
    change(changes, `# ${wanted.name}\n\n## ${wanted.version}\n\nThe first release.\n`);
  const source = join(directory, 'src/version.ts');
  if (existsSync(source))
    put(source, readFileSync(source, 'utf8').replace(/'\d+\.\d+\.\d+[^']*'/, `'${wanted.version}'`));
  const readme = join(directory, 'README.md');
  put(readme, withAbsoluteLinks(readFileSync(readme, 'utf8'), inRepository));
}
