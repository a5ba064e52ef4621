// Says after a run of the tests which of them were skipped for want of something, and how to have it.
import { reasonOf } from './skips.js';

/** A reporter of Vitest. */
export default class SkipReporter {
  /** @param {readonly import('vitest/node').TestModule[]} modules - The files that were run. */
  onTestRunEnd(modules) {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const test of modules.flatMap((module) => [...module.children.allTests('skipped')])) {
      const reason = reasonOf(test.fullName);
      if (reason !== undefined) counts.set(reason.words, (counts.get(reason.words) ?? 0) + 1);
    }
    for (const [words, count] of counts) console.log(`Skipped ${count}, which ${words}`);
  }
}
