/**
 * The look of every page: one palette, light and dark. Blue is the desired side and orange the other, which all common kinds of colour
 * vision tell apart; text has a contrast of at least 4.5 to 1, marks of 3 to 1.
 */
export const STYLESHEET: string = `
:root { color-scheme: light dark; --ink: #1c2024; --paper: #fcfcfd; --card: #fff; --line: #d5dae1; --quiet: #5b6470;
  --field: #87909d; --desired: #2563a8; --other: #c2600a; --on-accent: #fff;
  --series-1: #2563a8; --series-2: #c2600a; --series-3: #16795f; --series-4: #8f3f8f; --series-5: #8a6d00; --series-6: #5b6470; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #15181c; --card: #1c2025; --line: #3a414a; --quiet: #a2abb7;
    --field: #79828f; --desired: #6fb1f5; --other: #f2a154; --on-accent: #10151b;
    --series-1: #6fb1f5; --series-2: #f2a154; --series-3: #58c9a5; --series-4: #dd94dd; --series-5: #d8bd4a; --series-6: #a2abb7; }
}
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem clamp(1rem, 3vw, 2rem) 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
a { color: var(--desired); }
:focus-visible { outline: 3px solid var(--desired); outline-offset: 2px; }
.facts, figcaption, .nothing { color: var(--quiet); font-size: .9rem; }
.nothing { padding: 1rem 0; }
figure { margin: 0; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; overflow-x: auto; }
figure strong { color: var(--ink); display: block; }
figure svg { display: block; max-width: 100%; height: auto; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1rem; margin: 1.5rem 0; }
.fill-desired { fill: var(--desired); } .fill-other { fill: var(--other); } .fill-quiet { fill: var(--quiet); }
.step-plot { color: var(--ink); } .step-plot text { fill: currentColor; font-size: 11px; }
.step-plot .grid { stroke: var(--line); } .step-plot .zero { stroke: var(--quiet); }
.step-plot .line { fill: none; stroke: var(--quiet); }
.table { overflow-x: auto; margin: 1.5rem 0; max-width: 100%; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: baseline; }
th { color: var(--quiet); font-weight: 500; }
tbody th { color: var(--ink); font-weight: inherit; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr.chosen { font-weight: 650; } tr.out { color: var(--quiet); } tr.out th { color: var(--quiet); }
.tag { margin-left: .5em; font-size: .75rem; font-weight: 500; color: var(--quiet); border: 1px solid var(--line); border-radius: .3em; padding: 0 .35em; }
.bars { text-align: left; padding-left: 1.2rem; } .bar { min-width: 1.5rem; width: 9rem; padding-left: 0; } .bar svg { display: block; width: 100%; height: .8rem; }
code { white-space: pre-wrap; overflow-wrap: anywhere; font-family: ui-monospace, monospace; font-size: .95em; }
tbody th code { white-space: pre; overflow-wrap: normal; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1.1rem; line-height: 1.9; }
.prompt { color: var(--quiet); }
.shaded { background: color-mix(in srgb, var(--side, transparent) var(--share, 0%), transparent); text-decoration: var(--mark, none) dotted 1px; text-underline-offset: .3em; border-radius: .2em; padding: .15em 0; }
`;
