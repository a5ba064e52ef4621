// Writes what every published package exports, in types, to `packages/<name>/api/<entry>.api.md`, so that a change of the surface
// shows in review. With --check nothing is written, and the exit code is 1 where a report is not what the build gives.
// Needs a build: `npm run api` does both. --root is for another monorepo than this one.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const {
  values: { check, root },
} = parseArgs({
  options: { check: { type: 'boolean', default: false }, root: { type: 'string', default: HERE } },
});

/** Entry points of published packages that have types: `{ folder, entry, types }`. */
async function entryPoints() {
  const folders = await readdir(join(root, 'packages'));
  const packages = await Promise.all(
    folders.map(async (name) => {
      const folder = join(root, 'packages', name);
      const { exports = {}, private: hidden } = JSON.parse(
        await readFile(join(folder, 'package.json'), 'utf8'),
      );
      if (hidden) return [];
      return Object.entries(exports).flatMap(([path, { types }]) =>
        types === undefined
          ? []
          : [{ folder, entry: path === '.' ? 'index' : path.slice(2), types: join(folder, types) }],
      );
    }),
  );
  return packages.flat();
}

/** What api-extractor needs to know of an entry point; reports go to a folder that is thrown away. */
function configOf({ folder, entry, types }, tsconfig, reports) {
  const level = { logLevel: 'none' };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: types,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: tsconfig },
      apiReport: {
        enabled: true,
        reportFileName: 'report',
        reportFolder: reports,
        reportTempFolder: reports,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: {
          default: { logLevel: 'warning', addToApiReportFile: true },
          // What has no tag is public. TypeDoc checks comments and links.
          'ae-missing-release-tag': level,
          'ae-unresolved-link': level,
          'ae-undocumented': level,
          // What a further entry point is about is exported by the first one.
          ...(entry !== 'index' && { 'ae-forgotten-export': level }),
        },
        tsdocMessageReporting: { default: level },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  });
}

async function main() {
  const points = await entryPoints();
  const reports = await mkdtemp(join(tmpdir(), 'halfspace-api-'));
  const different = [];
  try {
    const { compilerOptions } = JSON.parse(await readFile(join(root, 'tsconfig.base.json'), 'utf8'));
    // Packages for browsers speak of what pages have.
    compilerOptions.lib?.push('DOM', 'DOM.Iterable', 'DOM.AsyncIterable');
    const tsconfig = { compilerOptions, files: points.map(({ types }) => types) };
    const configs = points.map((point) => configOf(point, tsconfig, reports));
    // One program for all: a program for each takes minutes.
    const compilerState = CompilerState.create(configs[0], {
      additionalEntryPoints: points.map(({ types }) => types),
    });
    for (const [i, { folder, entry }] of points.entries()) {
      const { succeeded, errorCount } = Extractor.invoke(configs[i], {
        compilerState,
        localBuild: true,
        messageCallback: (message) => {
          if (message.logLevel !== 'error') message.handled = true;
        },
      });
      if (!succeeded && errorCount > 0) throw new Error(`No report could be made of ${folder}, ${entry}.`);
      const place = join(folder, 'api', `${entry}.api.md`);
      const report = await readFile(join(reports, 'report.api.md'), 'utf8');
      if ((await readFile(place, 'utf8').catch(() => undefined)) === report) continue;
      different.push(relative(root, place));
      if (check) continue;
      await mkdir(join(folder, 'api'), { recursive: true });
      await writeFile(place, report);
    }
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
  if (different.length === 0) return;
  console.log(check ? 'These reports are not what the build gives:' : 'Written:');
  for (const place of different) console.log(`  ${place}`);
  if (!check) return;
  console.log('Run `npm run api`, look at what changes for users, and commit the reports with the change.');
  process.exitCode = 1;
}

await main();
