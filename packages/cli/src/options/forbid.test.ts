import { describe, expect, it } from 'vitest';
import { parsePattern } from './forbid.js';

describe('parsePattern', () => {
  it.each([
    [String.raw`\d{3}`, /\d{3}/u],
    ['/colou?r/i', /colou?r/i],
    ['/a/b/', /a\/b/],
    ['/tmp', /\/tmp/u],
    ['//', /\/\//u],
  ])('reads %s', (text, pattern) => {
    expect(parsePattern(text)).toEqual(pattern);
  });

  it.each(['', '(', '/a/xyz', String.raw`\p{Nonsense}`])('refuses %j', (text) => {
    expect(() => parsePattern(text)).toThrow('It must');
  });
});
