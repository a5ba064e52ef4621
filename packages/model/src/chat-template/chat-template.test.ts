import { readFile } from 'node:fs/promises';
import { isHalfspaceError } from '@halfspace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileChatTemplate } from './chat-template.js';

interface Fixture {
  readonly now: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Name, template, and what Jinja2 makes of it; null for its errors. */
  readonly features: readonly (readonly [string, string, string | null])[];
}

const fixture = JSON.parse(
  await readFile(new URL('../../fixtures/chat-templates.json', import.meta.url), 'utf8'),
) as Fixture;

const render = (template: string, variables: Readonly<Record<string, unknown>> = {}) =>
  compileChatTemplate(template, 'T', { now: () => new Date(fixture.now) }).render(variables);

/** What a template comes to: its text, or the code of its error. */
function outcome(template: string, variables: Readonly<Record<string, unknown>> = {}): string {
  try {
    return render(template, variables);
  } catch (error) {
    if (isHalfspaceError(error)) return error.code;
    throw error;
  }
}

/** What Jinja2 renders and is refused here. */
const REFUSED = [
  'large integer',
  'slice of none',
  'underscores',
  'floats to powers',
  'format with a width',
  'filters that chats seldom use',
];

describe('a chat template', () => {
  it.each(fixture.features)('renders "%s" as Jinja2 does', (name, template, text) => {
    const expected = text === null || REFUSED.includes(name) ? 'bad-chat-template' : text;
    expect(outcome(template, fixture.variables)).toBe(expected);
  });

  it('says what is wrong, in the words of the template or in its own', () => {
    expect(() => render("{{ raise_exception('Only users talk') }}")).toThrow('Only users talk');
    expect(() => render('{{ messages[0].role }}')).toThrow('messages is undefined');
    expect(() => render("{{ 'a' | urlencode }}")).toThrow('The filter urlencode is not rendered here');
    expect(() => render('{% for x in y %}')).toThrow(
      'T cannot be read: Where endfor or else belongs the template ends',
    );
  });

  it('renders what is refused only where it is reached', () => {
    expect(render("{% if false %}{{ 'a' | urlencode }}{% endif %}b")).toBe('b');
  });

  it('knows nothing that is undefined, and none that is null', () => {
    expect(render('{{ a is defined }}{{ b is none }}', { a: undefined, b: null })).toBe('FalseTrue');
  });
});

describe('what a chat template cannot reach', () => {
  const names = [
    'constructor',
    '__proto__',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'call',
    'then',
  ];
  const values = "'x' 1 1.5 true none [] {} (1,) range(3) dict range namespace() messages loop missing".split(
    ' ',
  );

  it.each(names)('gives nothing of JavaScript: %s', (name) => {
    for (const value of values) {
      const inLoop = (expression: string) => `{% for i in [1] %}{{ ${expression} }}{% endfor %}`;
      for (const read of [
        `${value}.${name}`,
        `${value}['${name}']`,
        `([${value}] | map(attribute='${name}') | first)`,
      ])
        expect(outcome(inLoop(`${read} is defined`), fixture.variables)).toMatch(
          /^(?:False|bad-chat-template)$/,
        );
    }
    for (const used of [name, `${name}()`, `1 | ${name}`, `[1] | map('${name}') | list`])
      expect(outcome(`{{ ${used} }}`)).toMatch(/^(?:|bad-chat-template)$/);
    for (const tested of [`1 is ${name}`, `1 is ${name}(1)`, `[1] | select('${name}', 1) | list`])
      expect(outcome(`{{ ${tested} }}`)).toBe('bad-chat-template');
    expect(render(`{{ '${name}' is test }}{{ '${name}' is filter }}`)).toBe('FalseFalse');
    expect(
      render(
        `{% set x = {'${name}': 1} %}{{ x['${name}'] }}{{ {}['${name.replace('__', '')}'] is defined }}`,
      ),
    ).toBe('1False');
  });

  it('leaves prototypes alone', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    outcome(
      "{% set __proto__ = {'polluted': 1} %}{% set n = namespace(constructor=1) %}{% set n.toString = 1 %}{{ dict(**{'__proto__': {'polluted': 1}}) }}",
    );
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('the work of a chat template', () => {
  const nest = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times);

  it.each<[string, string]>([
    ['a long range', '{% for i in range(1000000000) %}x{% endfor %}'],
    ['loops inside loops', `${'{% for i in range(99999) %}'.repeat(9)}x${'{% endfor %}'.repeat(9)}`],
    ['empty loops', '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}'],
    ['a long text', "{{ 'x' * 1000000000 }}"],
    ['a long list', '{{ [1] * 1000000000 }}'],
    ['a long tuple', '{{ (1,) * 1000000000 }}'],
    [
      'doubling',
      "{% set n = namespace(t='x') %}{% for i in range(99) %}{% set n.t = n.t + n.t %}{% endfor %}",
    ],
    [
      'doubling by ~',
      "{% set n = namespace(t='x') %}{% for i in range(99) %}{% set n.t = n.t ~ n.t %}{% endfor %}",
    ],
    [
      'doubling of lists',
      '{% set n = namespace(t=[1]) %}{% for i in range(99) %}{% set n.t = n.t + n.t %}{% endfor %}',
    ],
    [
      'a list of itself',
      '{% set n = namespace(t=[]) %}{% for i in range(99) %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.t }}',
    ],
    [
      'JSON of a list of itself',
      '{% set n = namespace(t=[]) %}{% for i in range(99) %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.t | tojson }}',
    ],
    [
      'equals of lists of themselves',
      '{% set n = namespace(t=[], u=[]) %}{% for i in range(99) %}{% set n.t = [n.t, n.t] %}{% set n.u = [n.u, n.u] %}{% endfor %}{{ n.t == n.u }}',
    ],
    [
      'a deep list',
      '{% set n = namespace(t=[]) %}{% for i in range(99999) %}{% set n.t = [n.t] %}{% endfor %}{{ n.t }}',
    ],
    ['a wide field', "{{ 'x'.ljust(1000000000) }}"],
    ['a field to the right', "{{ 'x'.rjust(1000000000) }}"],
    ['a field in the middle', "{{ 'x' | center(1000000000) }}"],
    ['zeros', "{{ '1'.zfill(1000000000) }}"],
    ['a wide format', "{{ '%1000000000d' % 1 }}"],
    ['an indent', "{{ 'a\\nb' | indent(1000000000) }}"],
    ['an indent of JSON', '{{ [1] | tojson(indent=1000000000) }}'],
    ['a batch', '{{ [1] | batch(1000000000, 0) | list }}'],
    ['replacing', "{{ ('x' * 1000000).replace('x', 'y' * 1000000) }}"],
    ['replacing nothing', "{{ ('x' * 1000000).replace('', 'y' * 1000000) }}"],
    ['joining', "{{ (['x' * 1000000] * 1000) | join('y' * 1000000) }}"],
    ['joining by the method', "{{ ('y' * 1000000).join(['x' * 1000000] * 1000) }}"],
    [
      'reading again and again',
      "{% set t = 'x' * 9999999 %}{% for i in range(99999) %}{{ 'y' in t }}{% endfor %}",
    ],
    [
      'splitting again and again',
      "{% set t = 'x ' * 999999 %}{% for i in range(99999) %}{{ t.split() | length }}{% endfor %}",
    ],
    ['a macro that calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}'],
    [
      'a macro that calls itself twice',
      '{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(99) }}',
    ],
    ['a loop that calls itself', '{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}'],
    [
      'callers',
      '{% macro f() %}{{ caller() }}{% endmacro %}{% macro g() %}{% call f() %}{{ g() }}{% endcall %}{% endmacro %}{{ g() }}',
    ],
    ['brackets', `{{ ${nest('[', ']', 100_000)} }}`],
    ['parentheses', `{{ ${nest('(', ')', 100_000)} }}`],
    ['nots', `{{ ${'not '.repeat(100_000)} 1 }}`],
    ['signs', `{{ ${'-'.repeat(100_000)} 1 }}`],
    ['a long sum', `{{ 1${'+1'.repeat(100_000)} }}`],
    ['a long chain', `{{ x${'|upper'.repeat(100_000)} }}`],
    ['blocks', `${'{% if 1 %}'.repeat(100_000)}${'{% endif %}'.repeat(100_000)}`],
    ['a long template', 'x'.repeat(5_000_000)],
    ['formats by percent', "{{ ('%s' * 8000000) % 1 }}"],
    ['formats that begin', "{{ ('%(' * 8000000) % 1 }}"],
    ['formats with braces', "{{ ('{0}' * 5000000).format(1) }}"],
    ['dates', "{{ strftime_now('%c' * 4000000) }}"],
    ['escapes of JSON', "{{ ('\\n' * 16000000) | tojson }}"],
    ['escapes of lists', "{{ ['\\n' * 16000000] | string }}"],
    ['escapes of HTML', "{{ ('&' * 16000000) | escape }}"],
    ['titles', "{{ ('a ' * 8000000) | title }}"],
    ['words', "{{ ('a ' * 8000000) | wordcount * 99 }}{{ ('a ' * 8000000) | wordcount }}"],
    ['lines', "{{ ('\\n' * 16000000).splitlines() | length }}"],
    ['gaps', "{{ ('a ' * 8000000).split() | length }}"],
    ['parts', "{{ ('a,' * 8000000).split(',') | length }}"],
    ['characters', "{{ ('あ' * 16000000) | reverse }}"],
    ['names to sort by', "{{ [1] | sort(attribute='a,' * 8000000) }}"],
    ['parts of a name', "{{ [{}] | map(attribute='a.' * 8000000) | list }}"],
    [
      'macros that are made again and again',
      `{% for i in range(99999) %}{% macro f() %}${'{{ a }}'.repeat(1000)}{% endmacro %}{{ 'x' * 3000 }}{% endfor %}`,
    ],
    ...[
      ['keys of dicts', '{{ {k: 1} | length }}'],
      ['keys that are looked up', '{{ messages[k] }}'],
      ['keys that are looked for', '{{ k in {} }}'],
      ['names of tests', '{{ k is filter }}'],
      ['texts that are told apart', '{{ [k, k] | unique | list | length }}'],
    ].map(([what, use]): [string, string] => [
      // Each time another text that is put together, which is copied when it is used, and kept.
      `${what}, put together`,
      `{% set n = namespace(t='x' * 8000000, l=[]) %}{% for i in range(900) %}{% set k = n.t ~ i %}{% set n.l = [n.l, k] %}${use}{% endfor %}`,
    ]),
  ])('is bounded: %s', (_, template) => {
    expect(outcome(template)).toMatch(/^(?:bad-chat-template|chat-template-limit)$/);
  });

  it('says what is wrong at a length that can be read', () => {
    const long = ["{{ raise_exception('a' * 9999999) }}", "{{ messages['a' * 9999999].x }}"];
    for (const template of long) expect(() => render(template, { messages: [] })).toThrow(/^.{1,3000}$/su);
  });

  it('is enough for a long chat', () => {
    const template =
      "{% for m in messages %}{% if '</think>' in m.content %}{% set c = m.content.split('</think>')[-1].lstrip('\\n') %}{% else %}{% set c = m.content | trim %}{% endif %}{{ '<|im_start|>' + m.role + '\\n' + c + '<|im_end|>\\n' }}{% endfor %}";
    const messages = Array.from({ length: 2000 }, () => ({
      role: 'user',
      content: ' word </think>'.repeat(100),
    }));
    expect(render(template, { messages })).toHaveLength(2000 * '<|im_start|>user\n<|im_end|>\n'.length);
    const long = [{ role: 'user', content: 'a'.repeat(8_000_000) }];
    expect(render(template, { messages: long })).toHaveLength(
      8_000_000 + '<|im_start|>user\n<|im_end|>\n'.length,
    );
  });

  it('does not grow out of hand with spaces, quotes or braces', () => {
    for (const part of [' ', '{', '{%', '{{', '{#', '"', "'", '\\', '1_', '-', '\n', '{% raw', '{%-'])
      for (const before of ['', '{{ ', "{{ '", '{% raw %}', '{# '])
        expect(typeof outcome(before + part.repeat(100_000))).toBe('string');
  });

  it('ends with a text or with an error of ours, whatever is written', () => {
    const tags = '{{ | }}|{% | %}|{#|#}|if |for x in |endif|endfor|set a = |else|macro f(a)|endmacro';
    const parts =
      "messages 'a' 1 2.5 upper length . [ ] ( ) { } : , + - * / ~ none defined text loop f a % | \\n";
    const words = ' is | in | not | and ';
    const piece = fc.constantFrom(...tags.split('|'), ...parts.split(' '), ...words.split('|'));
    const template = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(template, (text) => typeof outcome(text, fixture.variables) === 'string'),
      { numRuns: 2000 },
    );
  });
});
