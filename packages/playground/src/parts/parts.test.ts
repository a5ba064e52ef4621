import { expect, it } from 'vitest';
import { candidateTable, htmlOf, part, shadeStyle, stepPlot } from './index.js';

it('writes text as text', () => {
  const hostile = '<img onerror="a">&';
  expect(
    htmlOf(part('p', { title: hostile, hidden: true, id: undefined, style: { '--a': '1%' } }, hostile)),
  ).toBe(
    '<p title="&lt;img onerror=&quot;a&quot;&gt;&amp;" hidden style="--a: 1%">&lt;img onerror=&quot;a&quot;&gt;&amp;</p>',
  );
});

it('marks the candidate that was taken, and those that are out', () => {
  const candidate = { token: 1, text: 'a', reference: 0.5, probability: 0.9999, margins: { kind: -1 } };
  const html = htmlOf(
    candidateTable(
      { candidates: [candidate, { ...candidate, text: '\n', probability: 0.0001, margins: {} }], chosen: 0 },
      { names: ['kind'] },
    ),
  );
  expect(html.match(/>taken</g)).toHaveLength(1);
  expect(html.match(/>out</g)).toHaveLength(1);
  expect(html).toContain('<code>&quot;\\n&quot;</code>');
  expect(html).toContain('-1.00');
  expect(html).not.toContain('button');
});

it('shades by how far the probability is from even, and underlines the other side', () => {
  expect(shadeStyle(undefined)).toEqual({});
  expect(shadeStyle(0)).toMatchObject({ '--share': '0%', '--mark': 'none' });
  expect(shadeStyle(-100)).toEqual({ '--side': 'var(--other)', '--share': '45%', '--mark': 'underline' });
});

it('draws each step that has a value, and says so where none has', () => {
  const dots = htmlOf(stepPlot({ label: 'kind', kind: 'dots', values: [1, undefined, -2] }));
  expect(dots.match(/<circle/g)).toHaveLength(1);
  expect(dots).toContain('class="fill-other"');
  expect(dots).not.toContain('NaN');
  expect(htmlOf(stepPlot({ label: 'kind', kind: 'bars', values: [undefined] }))).toContain(
    'No step has a value of kind.',
  );
  expect(htmlOf(stepPlot({ label: 'KL', kind: 'bars', values: [0, 0] }))).not.toContain('NaN');
});
