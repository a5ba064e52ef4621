import { type ElementPart, part, type Part } from './part.js';

/** A plot over the steps of a completion. */
export interface StepPlot {
  /** What is drawn, for those who do not see it; with its unit. */
  readonly label: string;
  /** `bars` for what is never below 0, `dots` for margins, of which 0 is the boundary. */
  readonly kind: 'bars' | 'dots';
  /** Of each step; undefined where there is none. */
  readonly values: readonly (number | undefined)[];
}

const WIDTH = 440;
const HEIGHT = 180;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 8, 20, 26];

/** Draws it, as an SVG element; a sentence where no step has a value. */
export function stepPlot({ label, kind, values }: StepPlot): ElementPart {
  const known = values.filter((value) => value !== undefined && Number.isFinite(value)) as number[];
  if (known.length === 0) return part('p', { class: 'nothing' }, `No step has a value of ${label}.`);
  const ticks = ticksOf(Math.min(0, ...known), Math.max(0, ...known));
  const [low, high] = [ticks[0], ticks[ticks.length - 1]];
  const x = (step: number) => LEFT + ((step + 0.5) * (WIDTH - LEFT - RIGHT)) / values.length;
  const y = (value: number) => TOP + ((high - value) * (HEIGHT - TOP - BOTTOM)) / (high - low);
  const grid = ticks.flatMap((tick): Part[] => [
    part('line', {
      class: tick === 0 ? 'zero' : 'grid',
      x1: LEFT,
      x2: WIDTH - RIGHT,
      y1: y(tick),
      y2: y(tick),
    }),
    part('text', { x: LEFT - 6, y: y(tick) + 4, 'text-anchor': 'end' }, tickText(tick)),
  ]);
  const steps = stepTicks(values.length).map((step) =>
    part('text', { x: x(step), y: HEIGHT - 8, 'text-anchor': 'middle' }, String(step)),
  );
  const width = Math.max(1, (0.8 * (WIDTH - LEFT - RIGHT)) / values.length);
  const marks = values.flatMap((value, step): Part[] => {
    if (value === undefined || !Number.isFinite(value)) return [];
    if (kind === 'bars') {
      const [top, height] = [y(Math.max(0, value)), Math.abs(y(0) - y(value))];
      return [part('rect', { class: 'fill-desired', x: x(step) - width / 2, y: top, width, height })];
    }
    return [mark(x(step), y(value), value < 0)];
  });
  const line =
    kind === 'bars'
      ? []
      : [
          part('path', {
            class: 'line',
            d: pathOf(
              values,
              (step) => x(step),
              (value) => y(value),
            ),
          }),
        ];
  return part(
    'svg',
    { class: 'step-plot', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': `${label}, by step` },
    part('text', { x: LEFT, y: 12 }, label),
    ...grid,
    ...steps,
    ...line,
    ...marks,
  );
}

/** A disc on the desired side, a square on the other: the colour alone says nothing to some. */
function mark(x: number, y: number, isOther: boolean): ElementPart {
  if (isOther) return part('rect', { class: 'fill-other', x: x - 3, y: y - 3, width: 6, height: 6 });
  return part('circle', { class: 'fill-desired', cx: x, cy: y, r: 3.2 });
}

function pathOf(
  values: readonly (number | undefined)[],
  x: (step: number) => number,
  y: (value: number) => number,
): string {
  let drawn = false;
  return values
    .map((value, step) => {
      const from = drawn;
      drawn = value !== undefined && Number.isFinite(value);
      return drawn ? `${from ? 'L' : 'M'}${x(step).toFixed(1)} ${y(value as number).toFixed(1)}` : '';
    })
    .join('');
}

/** Round numbers that hold a range, four or so. */
function ticksOf(low: number, high: number): number[] {
  const span = high - low || 1;
  const rough = 10 ** Math.floor(Math.log10(span / 3));
  const size = [1, 2, 5, 10].map((factor) => factor * rough).find((each) => span / each <= 4) ?? rough;
  const from = Math.floor(low / size + 1e-9);
  const to = Math.max(from + 1, Math.ceil(high / size - 1e-9));
  return Array.from({ length: to - from + 1 }, (_, i) => (from + i) * size);
}

function tickText(value: number): string {
  return String(Number(value.toPrecision(3))).replace('-', '−');
}

function stepTicks(count: number): number[] {
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => count / size <= 10) ?? count;
  return Array.from({ length: Math.ceil(count / every) }, (_, i) => i * every);
}
