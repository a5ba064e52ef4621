import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** What a report marks as beta, by name; a member with its interface. */
function betaIn(report: string): string[] {
  const lines = readFileSync(report, 'utf8').split('\n');
  let interfaceName = '';
  return lines.flatMap((line, i) => {
    interfaceName = /^export interface (\w+)/.exec(line)?.[1] ?? interfaceName;
    const beta = /^( *)\/\/ @beta/.exec(line);
    if (beta === null) return [];
    if (beta[1] !== '') return [`${interfaceName}.${/^ *(?:readonly )?(\w+)/.exec(lines[i + 1])?.[1]}`];
    const name = /^export (?:declare )?(?:async )?(?:function|interface|const|type|class) (\w+)/.exec(
      lines[i + 1],
    )?.[1];
    return [name ?? lines[i + 1]];
  });
}

it('docs/api-stability.md lists what is marked as beta, and nothing else', () => {
  const reports = readdirSync(path('packages')).flatMap((name) => {
    try {
      return readdirSync(path(`packages/${name}/api`)).map((file) => path(`packages/${name}/api/${file}`));
    } catch {
      return [];
    }
  });
  const rows = readFileSync(path('docs/api-stability.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `') && !line.startsWith('| `@beta`'));
  const listed = rows.flatMap((row) =>
    [...row.split('|')[1].matchAll(/`([\w.]+)`/g)].map(([, name]) => name),
  );
  expect(listed.toSorted()).toEqual([...new Set(reports.flatMap(betaIn))].toSorted());
  expect(listed.length).toBeGreaterThan(10);
});
