import { defineAttribute } from '@halfspace/contracts';
import { describe, expect, it } from 'vitest';
import type { Completion, TracedStep } from '../decode/completion.js';
import { createHalfspace } from '../plugins/container.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend } from '../testing/toy-backend.js';
import type { AnyDecodeOptions, AnyGenerateOptions, GenerateOptions } from './options.js';

// Cell by cell what docs/combinations.md says.

const SOURCES = ['nothing', 'measured', 'weights', 'capped', 'formula', 'formula, measured', 'both'] as const;
const MODES = ['penalty', 'kl-budget', 'constraints'] as const;
type Cell = {
  readonly source: (typeof SOURCES)[number];
  readonly mode: (typeof MODES)[number];
  readonly bonus: 'margin' | 'softmax';
  readonly cap: boolean;
  readonly redraw: boolean;
  readonly temperature: 0 | 1;
};

const cells: Cell[] = SOURCES.flatMap((source) =>
  MODES.flatMap((mode) =>
    (['margin', 'softmax'] as const).flatMap((bonus) =>
      [false, true].flatMap((cap) =>
        [false, true].flatMap((redraw) =>
          ([0, 1] as const).map((temperature) => ({ source, mode, bonus, cap, redraw, temperature })),
        ),
      ),
    ),
  ),
);

const NATS = 0.05;
const CAP = 0.4;
const OWN_CAP = 0.2;
const LEVEL = 0.3;
const WEIGHT = 2;

const WEIGHTS: Record<Cell['source'], AnyDecodeOptions> = {
  nothing: {},
  measured: { weights: { kind: 0 } },
  weights: { weights: { kind: WEIGHT } },
  capped: { weights: { kind: { weight: WEIGHT, cap: OWN_CAP } } },
  formula: { formula: '3*min(kind, 0.1)' },
  'formula, measured': { formula: '3*min(kind, 0.1)', weights: { calm: 0 } },
  both: { formula: '3*min(kind, 0.1)', weights: { kind: WEIGHT } },
};
const CONTROLS: Record<Cell['mode'], Partial<AnyDecodeOptions>> = {
  penalty: {},
  'kl-budget': { control: { mode: 'kl-budget', nats: NATS } },
  constraints: {
    control: { mode: 'constraints', constraints: [{ kind: 'at-least', attribute: 'calm', margin: LEVEL }] },
  },
};

function optionsOf({ source, mode, bonus, cap, redraw, temperature }: Cell): AnyGenerateOptions {
  return {
    prompt: 'abc',
    samples: 3,
    maxTokens: 4,
    topK: 0,
    topP: 1,
    trace: true,
    temperature,
    ...WEIGHTS[source],
    ...CONTROLS[mode],
    ...(bonus === 'softmax' && { bonus }),
    ...(cap && { cap: CAP }),
    ...(redraw && { redraw: { ifMeanBelow: { calm: 50 }, maxAttempts: 2 } }),
  };
}

/** Why a cell is refused, if it is. */
function refusalOf({ source, mode, bonus, cap }: Cell): RegExp | undefined {
  const byFormula = source.startsWith('formula') || source === 'both';
  if (mode === 'kl-budget' && (source === 'nothing' || source === 'measured')) return /scales the weights/;
  if (source === 'both') return /A formula says what attributes count/;
  if (byFormula && cap) return /A formula says its own caps/;
  if (bonus === 'softmax') {
    if (cap || source === 'capped') return /A cap is about margins/;
    if (mode === 'constraints' || byFormula) return /about margins, and the bonus softmax has none/;
  }
  return undefined;
}

/** What each candidate of a step is given, by definition. */
function bonusIn({ source, bonus, cap }: Cell, { candidates }: TracedStep): number[] {
  const margins = candidates.map((each) => each.margins['kind']);
  if (source === 'nothing' || source === 'measured') return candidates.map(() => 0);
  if (source.startsWith('formula')) return margins.map((margin) => 3 * Math.min(margin, 0.1));
  if (bonus === 'softmax') {
    // The toy's calibration: 2 · distance + 0.25.
    const powers = margins.map((margin) => Math.exp((margin - 0.25) / 2));
    const mass = powers.reduce((a, b) => a + b);
    return powers.map((power) => (WEIGHT * power) / mass);
  }
  const most = source === 'capped' ? OWN_CAP : cap ? CAP : 0;
  return margins.map((margin) => WEIGHT * Math.min(margin, most));
}

function tilted({ candidates }: TracedStep, bonus: readonly number[]): number[] {
  const masses = candidates.map(({ reference }, x) => reference * Math.exp(bonus[x]));
  const mass = masses.reduce((a, b) => a + b);
  return masses.map((each) => each / mass);
}

function expectStep(cell: Cell, step: TracedStep): void {
  const { candidates, chosen, kl, control } = step;
  const q = candidates.map(({ probability }) => probability);
  const bonus = bonusIn(cell, step);
  const share = control?.share ?? 1;
  if (cell.mode === 'constraints' && control?.status !== 'inactive') {
    const level = candidates.reduce((sum, each) => sum + each.probability * each.margins['calm'], 0);
    if (control?.status === 'optimal') expect(level).toBeCloseTo(LEVEL, 7);
    else expect(Math.max(...candidates.map(({ margins }) => margins['calm']))).toBeLessThan(LEVEL + 1e-9);
  } else {
    const expected = tilted(
      step,
      bonus.map((value) => share * value),
    );
    q.forEach((value, x) => expect(value).toBeCloseTo(expected[x], 9));
  }
  if (cell.mode === 'kl-budget') {
    expect(kl).toBeLessThanOrEqual(NATS);
    if (share < 1) expect(kl).toBeCloseTo(NATS, 9);
  } else expect(share).toBe(1);
  if (cell.temperature === 0) expect(q[chosen]).toBeCloseTo(Math.max(...q), 12);
}

async function generate(options: AnyGenerateOptions): Promise<Completion[]> {
  const attributes = ['kind', 'calm'].map((name, axis) => defineAttribute(toyAttribute(name, axis)));
  const halfspace = await createHalfspace({ backend: createToyBackend({ endLogit: -4 }), attributes });
  return halfspace.generate(options as GenerateOptions);
}

describe('a combination of options', () => {
  const refused = cells.filter((cell) => refusalOf(cell) !== undefined);
  const meaningful = cells.filter((cell) => refusalOf(cell) === undefined);

  it('is meaningful or refused', () => {
    expect([cells.length, refused.length]).toEqual([336, 216]);
  });

  it.each(refused)('is refused in words: %j', async (cell) => {
    await expect(generate(optionsOf(cell))).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(refusalOf(cell) ?? /never/),
    });
  });

  it.each(meaningful)('does what the table says: %j', async (cell) => {
    const completions = await generate(optionsOf(cell));
    for (const { trace = [], error, attempts, warnings = [], klIsExact } of completions) {
      expect(error).toBeUndefined();
      expect(klIsExact).toBe(true);
      // At temperature 0 another attempt would be the same.
      expect(attempts).toBe(cell.redraw ? 2 - Number(cell.temperature === 0) : undefined);
      expect(warnings.some((warning) => warning.includes('At temperature 0'))).toBe(
        cell.redraw && cell.temperature === 0,
      );
      for (const step of trace) expectStep(cell, step);
    }
  });
});
