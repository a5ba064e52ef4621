import { Command } from 'commander';
import { HalfspaceError } from '@halfspace/core';
import { expect, it, vi } from 'vitest';
import { report } from './report.js';

it('shows the ends of a message that nobody could read', () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const long = new HalfspaceError('corrupt-model', `The key ${'k'.repeat(3_000_000)} is there twice.`);
    expect(report(long, new Command(), [])).toBe(1);
    const said = write.mock.calls.map(([text]) => String(text)).join('');
    expect(said).toMatch(/The key k+ … k+ is there twice\.\n$/);
    expect(said.length).toBeLessThan(9000);
  } finally {
    write.mockRestore();
  }
});
