import { backendConformance } from '@halfspace/core/testing';
import { afterAll, describe, it } from 'vitest';
import { openSmallModel, type SmallModel } from './testing/small-model.js';

const opened: SmallModel[] = [];
afterAll(async () => Promise.all(opened.map(async (each) => each.close())));

describe.each([
  ['without a cache', 0],
  ['with a cache', 2 ** 20],
])('the contract of backends, %s', (_, cacheBytes) => {
  const checks = backendConformance(async () => {
    const model = await openSmallModel('grouped-tied', {}, undefined, cacheBytes);
    opened.push(model);
    return model.backend;
  });
  it.each(checks)('$name', async ({ run }) => run());
});
