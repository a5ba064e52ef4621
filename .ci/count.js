// Counts the tests of a JSON report, `N passed, N failed` in the last line. A test that was skipped has failed, unless it cannot run
// on this platform: what tests need is installed here.
import { readFile } from 'node:fs/promises';
import { reasonOf } from '../test/support/skips.js';

const { numPassedTests, numFailedTests, numFailedTestSuites, testResults } = JSON.parse(
  await readFile(process.argv[2], 'utf8'),
);
const skipped = testResults
  // Where a group could not begin, its tests count as skipped.
  .filter(({ status }) => status === 'passed')
  .flatMap(({ assertionResults }) => assertionResults)
  .filter(({ status }) => !['passed', 'failed'].includes(status))
  .map(({ fullName }) => ({ fullName, reason: reasonOf(fullName) }));
const missing = skipped.filter(({ reason }) => reason?.platform !== true);
for (const { fullName, reason } of missing) {
  console.log(`Skipped, and must not be: ${fullName} (${reason?.words ?? 'does not say why'})`);
}
const failed = Math.max(numFailedTests, numFailedTestSuites > 0 ? 1 : 0) + missing.length;
console.log(`${numPassedTests} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
