import fc from 'fast-check';
import { all, create } from 'mathjs';
import { describe, expect, it } from 'vitest';
import { isHalfspaceError } from '@halfspace/contracts';
import { compile } from './compile.js';
import { parse } from './parse.js';
import { readFormula } from './read-formula.js';

const KNOWN = ['nontoxic', 'helpful', 'self-harm'];
const read = async (text: string) => {
  const source = { what: 'The formula', text };
  return compile(await parse(source), source, KNOWN);
};

/** The value of a formula where attributes have some margins, at step 3 of 4. */
async function valueOf(text: string, margins: Readonly<Record<string, number>> = {}): Promise<number> {
  const { attributes, valueAt } = await read(text);
  return valueAt({ margins: attributes.map((name) => margins[name]), step: 3, progress: 0.75 });
}

describe('a formula', () => {
  const margins = { nontoxic: -1.5, helpful: 4, 'self-harm': 0.5 };
  it.each([
    ['2*nontoxic + helpful*(nontoxic > 0)', -3],
    ['2*nontoxic + helpful*(nontoxic < 0)', 1],
    ['min(nontoxic, self_harm)', -1.5],
    ['max(nontoxic, self_harm, 0)', 0.5],
    ['smoothMax(nontoxic, helpful)', Math.log(Math.exp(-1.5) + Math.exp(4))],
    ['smoothMin(nontoxic, helpful, 1)', -Math.log(Math.exp(1.5) + Math.exp(-4) + Math.exp(-1))],
    ['abs(nontoxic) - clip(helpful, -1, 1)', 0.5],
    ['clip(nontoxic, -1, 1) + clip(self_harm, -1, 1)', -0.5],
    ['-nontoxic^2', -2.25],
    ['2^-1 / 4', 0.125],
    ['nontoxic > 0 ? 10 : helpful > 3 ? 20 : 30', 20],
    ['-2 < nontoxic < 0', 1],
    ['-2 < nontoxic < -1.75', 0],
    ['not (nontoxic > 0) and helpful >= 4', 1],
    ['nontoxic > 0 or helpful != 4', 0],
    ['(4 - 2*progress) * self_harm + step', 4.25],
    ['nontoxic == -1.5', 1],
    ['+.5e1', 5],
  ])('%s is %d', async (text, value) => {
    expect(await valueOf(text, margins)).toBeCloseTo(value, 12);
  });

  it('says whose margins it takes', async () => {
    expect((await read('self_harm + nontoxic*self_harm')).attributes).toEqual(['self-harm', 'nontoxic']);
    expect((await read('step + 1')).attributes).toEqual([]);
    await expect(readFormula('step + 1', KNOWN)).rejects.toMatchObject({ code: 'formula-invalid' });
    expect(await readFormula('abs(nontoxic)', KNOWN)).toMatchObject({ attributes: ['nontoxic'] });
  });

  it('is smooth where its worst case is not, and near it', async () => {
    for (const [a, b] of [
      [0, 0],
      [1, -2],
      [800, -800],
    ]) {
      const at = { nontoxic: a, helpful: b };
      const smooth = await valueOf('smoothMin(nontoxic, helpful)', at);
      expect(smooth).toBeLessThanOrEqual(Math.min(a, b));
      expect(smooth).toBeGreaterThanOrEqual(Math.min(a, b) - Math.LN2 - 1e-12);
    }
  });
});

describe('a formula that is not one', () => {
  it.each([
    ['', /empty/],
    ['  ', /empty/],
    ['2*', /at "its end": it cannot be read/],
    ['2 * * nontoxic', /character 5, "\* nontoxic": it cannot be read/],
    ['(nontoxic', /cannot be read/],
    [
      'kindness + 1',
      /character 1, "kindness": .*nontoxic, helpful, self_harm;.* step, progress;.* smoothMin/,
    ],
    ['nontoxic + kind', /character 12, "kind"/],
    ['self-harm > 0', /character 1, "self": .*self_harm/],
    ['sin(nontoxic)', /character 1, "sin\(nontoxic\)": .*functions: min/],
    ['nontoxic = 1', /character 1, "nontoxic = 1": this is not part of formulas/],
    ['f(x) = x', /not part of formulas/],
    ['nontoxic; helpful', /not part of formulas/],
    ['nontoxic\nhelpfulness', /not part of formulas/],
    ['import({})', /no such operator or function/],
    ['evaluate("1")', /no such operator or function/],
    ['min(nontoxic, "1")', /character 15, ""1"": this is no number/],
    ['nontoxic[1]', /not part of formulas/],
    ['nontoxic.constructor', /not part of formulas/],
    ['nontoxic["constructor"]', /not part of formulas/],
    ['min.constructor(1)', /no such operator or function/],
    ['constructor(1)', /no such operator or function/],
    ['__proto__ + 1', /there is no number of this name/],
    ['constructor', /there is no number of this name/],
    ['hasOwnProperty(1)', /no such operator or function/],
    ['2 kg', /"2 kg": the sign \* of a product is missing/],
    ['2 nontoxic', /the sign \*/],
    ['3 kg to g', /no such operator|the sign \*/],
    ['[nontoxic, 1]', /not part of formulas/],
    ['{a: 1}', /not part of formulas/],
    ['1:3', /not part of formulas/],
    ['nontoxic!', /no such operator/],
    ["nontoxic'", /no such operator/],
    ['nontoxic % 2', /no such operator/],
    ['nontoxic | 2', /no such operator/],
    ['1e999 * nontoxic', /no finite number/],
    ['-1e999', /no finite number/],
    ['0/0', /character 1, "0 \/ 0": |"0 \/ 0": this is no finite number/],
    ['nontoxic * (0/0)', /no finite number/],
    ['nontoxic > 0 ? 1 : 1/0', /no finite number/],
    ['(-1)^0.5', /no finite number/],
    ['NaN', /no finite number/],
    ['Infinity', /no finite number/],
    ['true', /this is no number/],
    ['null', /this is no number/],
    ['pi', /no number of this name/],
    ['min', /no number of this name/],
    ['not nontoxic', /"nontoxic": a comparison is needed/],
    ['nontoxic and helpful > 0', /a comparison is needed/],
    ['nontoxic ? 1 : 2', /a comparison is needed/],
    ['(nontoxic > 0) * 1 ? 1 : 2', /a comparison is needed/],
    ['min(nontoxic)', /it takes at least 2 values, and has 1/],
    ['abs(nontoxic, 1)', /it takes 1 values, and has 2/],
    ['clip(nontoxic, 1)', /it takes 3 values, and has 2/],
    [`${'1+'.repeat(500)}1`, /1001 characters/],
    [`min(${'1, '.repeat(200)}1)`, /203 numbers/],
    [`${'1+'.repeat(60)}1`, /nested more than 50/],
    [`${'('.repeat(51)}1${')'.repeat(51)}`, /nested more than 50/],
    [`${'('.repeat(499)}1${')'.repeat(499)}`, /nested more than 50/],
    ['-'.repeat(999) + '1', /nested more than 50/],
    [`2${'^2'.repeat(499)}`, /nested more than 50|numbers/],
    ['a ? b : '.repeat(124) + 'c', /nested more than 50/],
    ['['.repeat(490) + ']'.repeat(490), /nested more than 50/],
  ])('%s', async (text, message) => {
    const error: unknown = await read(text).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'formula-invalid', message: expect.stringMatching(message) });
    expect(String(error).length).toBeLessThan(500);
  });
});

/** Formulas of numbers, and of truths, that may be. */
const { number } = fc.letrec<{ number: string; truth: string }>((tie) => {
  const two = (operators: readonly string[], operand: fc.Arbitrary<string>) =>
    fc.tuple(operand, fc.constantFrom(...operators), operand).map(([a, sign, b]) => `(${a} ${sign} ${b})`);
  const some = fc.array(tie('number'), { minLength: 2, maxLength: 4 }).map((parts) => parts.join(', '));
  const call = fc.constantFrom('min', 'max', 'smoothMin', 'smoothMax');
  return {
    number: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.oneof(
        fc.integer({ min: 0, max: 40 }).map((value) => String(value / 8)),
        fc.constantFrom('nontoxic', 'helpful', 'self_harm', 'step', 'progress'),
      ),
      two(['+', '-', '*', '/'], tie('number')),
      // With other exponents mathjs finds roots of negative numbers.
      fc.tuple(tie('number'), fc.constantFrom(0, 1, 2, 3, 0.5)).map(([base, power]) => `(${base})^${power}`),
      two(['*'], fc.oneof(tie('number'), tie('truth'))),
      fc.tuple(call, some).map(([name, values]) => `${name}(${values})`),
      tie('number').map((value) => `-${value}`),
      tie('number').map((value) => `abs(${value})`),
      fc
        .tuple(tie('number'), tie('number'), tie('number'))
        .map(([value, a, b]) => `clip(${value}, ${a}, ${b})`),
      fc
        .tuple(tie('truth'), tie('number'), tie('number'))
        .map(([test, one, other]) => `(${test} ? ${one} : ${other})`),
    ),
    truth: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      two(['<', '>', '<=', '>=', '==', '!='], tie('number')),
      two(['and', 'or'], tie('truth')),
      tie('truth').map((test) => `not ${test}`),
      fc.tuple(tie('number'), tie('number'), tie('number')).map(([a, b, c]) => `(${a} < ${b} <= ${c})`),
    ),
  };
});

describe('against the evaluation of mathjs', () => {
  // Without tolerance, and without complex numbers.
  const math = create(all, { relTol: 1e-300, absTol: 1e-300, predictable: true });
  const logSum = (...values: number[]) => {
    const most = Math.max(...values);
    return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
  };
  math.import({
    smoothMax: logSum,
    smoothMin: (...values: number[]) => -logSum(...values.map((value) => -value)),
    clip: (value: number, low: number, high: number) => Math.min(Math.max(value, low), high),
  });

  it('values are the same', async () => {
    let compared = 0;
    const margin = fc.integer({ min: -6000, max: 6000 }).map((value) => value / 1000);
    await fc.assert(
      fc.asyncProperty(number, margin, margin, margin, async (text, nontoxic, helpful, selfHarm) => {
        const margins = { nontoxic, helpful, 'self-harm': selfHarm };
        const scope = { nontoxic, helpful, self_harm: selfHarm, step: 3, progress: 0.75 };
        let found: number;
        try {
          found = await valueOf(text, margins);
        } catch (error) {
          expect(String(error)).toMatch(/no finite number|are allowed|nested/);
          return;
        }
        const expected = Number(math.evaluate(text, scope));
        if (Number.isFinite(expected) && Math.abs(expected) > 1e-9) {
          expect(Math.abs(found / expected - 1)).toBeLessThan(1e-9);
          compared++;
        } else if (Number.isFinite(expected)) expect(Math.abs(found - expected)).toBeLessThan(1e-9);
        else expect(found).toBe(expected);
      }),
      { numRuns: 1000 },
    );
    expect(compared).toBeGreaterThan(250);
  });
});

it('is read, or refused with its own error, whatever it is', async () => {
  const pieces = fc.constantFrom(
    ...'nontoxic|self_harm|step|1|2.5|1e999|+|-|*|/|^|(|)|[|]|{|}|,|;|:|?|=|==|<|>=|and|not|min|clip|abs'.split(
      '|',
    ),
    ...'constructor|__proto__|prototype|import|eval|"x"|\'|.|..|!|%|\n|#|to|in|kg|i|@|\\|`|$|e'.split('|'),
  );
  const text = fc.oneof(
    fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join('')),
    fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join(' ')),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc
      .tuple(number, fc.nat(200), fc.nat(4), pieces)
      .map(([whole, at, less, put]) => whole.slice(0, at) + put + whole.slice(at + less)),
  );
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(text, async (each) => {
      try {
        expect(typeof (await valueOf(each, { nontoxic: 1, 'self-harm': 2 }))).toBe('number');
        taken++;
      } catch (error) {
        if (!isHalfspaceError(error, 'formula-invalid')) throw error;
      }
    }),
    { numRuns: 2000 },
  );
  expect(taken).toBeGreaterThan(20);
});

describe('a ceiling', () => {
  it.each([
    ['3*min(nontoxic, 1)', 3],
    ['4*min(nontoxic, 1) - abs(helpful)', 4],
    ['min(nontoxic, helpful, 2) + clip(self_harm, -1, 1)/1', Infinity],
    ['min(nontoxic, helpful, 2) + clip(self_harm, -1, 1)', 3],
    ['-abs(nontoxic)', 0],
    ['-2*max(nontoxic, -1)', 2],
    ['-(nontoxic - min(nontoxic, 3))', Infinity],
    ['smoothMin(nontoxic, 1)', 1],
    ['smoothMax(nontoxic, 1)', Infinity],
    ['nontoxic > 0 ? 2 : min(helpful, 5)', 5],
    ['step < 3 ? nontoxic : 1', 1],
    ['step < 4 ? nontoxic : 1', Infinity],
    ['(4 - 4*progress)*min(nontoxic, 2)', 2],
    ['0*nontoxic + 1', 1],
    ['(nontoxic > 0) + (1 < helpful < 2)', 2],
    ['min(nontoxic/helpful, 1)', Infinity],
    ['min(nontoxic^2, 1)', Infinity],
    ['2*nontoxic + helpful', Infinity],
  ])('%s does not exceed %d in step 3 of 4', async (text, ceiling) => {
    expect((await read(text)).ceilingAt({ step: 3, progress: 0.75 })).toBeCloseTo(ceiling, 12);
  });

  it('is above all values', async () => {
    const margin = fc.oneof(fc.double({ min: -9, max: 9, noNaN: true }), fc.constantFrom(-1e9, 0, 1e9));
    let bounded = 0;
    await fc.assert(
      fc.asyncProperty(
        number,
        fc.array(fc.tuple(margin, margin, margin), { minLength: 9 }),
        async (text, points) => {
          if (text.length > 900) return;
          const formula = await read(text).catch(() => undefined);
          if (formula === undefined) return;
          const { valueAt, ceilingAt } = formula;
          const step = { step: 3, progress: 0.75 };
          const ceiling = ceilingAt(step);
          if (ceiling === Infinity) return;
          bounded++;
          const slack = 1e-9 * (1 + Math.abs(ceiling));
          for (const margins of points)
            expect(valueAt({ ...step, margins })).toBeLessThanOrEqual(ceiling + slack);
        },
      ),
      { numRuns: 1000 },
    );
    expect(bounded).toBeGreaterThan(100);
  });
});
