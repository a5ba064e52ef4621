/** What the playground has besides the look of every page. */
export const PAGE_STYLE = `
.sr { position: absolute; width: 1px; height: 1px; margin: -1px; padding: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; border: 0; user-select: none; }
[hidden] { display: none !important; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; margin-bottom: 1rem; }
header .facts { margin: 0; }
.layout { display: grid; gap: 1.5rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 60rem) { .layout { grid-template-columns: minmax(17rem, 21rem) minmax(0, 1fr); align-items: start; } }
form, .side { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; min-width: 0; }
input[type=file] { max-width: 100%; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem .75rem; margin: 0; min-width: 0; background: var(--card); }
legend { font-weight: 600; padding: 0 .35rem; }
label { font-weight: 600; }
label small, .hint { color: var(--quiet); font-size: .85rem; font-weight: 400; }
.hint { margin: .15rem 0 0; }
input, textarea, select, button { font: inherit; color: inherit; }
input:not([type=range], [type=radio], [type=checkbox], [type=file]), textarea, select { background: var(--paper); border: 1px solid var(--field); border-radius: .35rem; padding: .4rem .5rem; width: 100%; min-width: 0; }
textarea { resize: vertical; min-height: 5rem; }
input[type=range] { width: 100%; min-width: 0; accent-color: var(--desired); margin: 0; min-height: 1.75rem; }
input[type=radio] { accent-color: var(--desired); }
button { background: var(--card); border: 1px solid var(--field); border-radius: .35rem; padding: .4rem .8rem; min-height: 2.25rem; cursor: pointer; }
button:hover { border-color: var(--desired); }
button.main { background: var(--desired); color: var(--on-accent); border-color: var(--desired); font-weight: 650; }
button:disabled { opacity: .55; cursor: default; }
td button { padding: .1rem .4rem; min-height: 1.75rem; font-size: .85rem; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
.choice { display: inline-flex; gap: .35rem; align-items: center; font-weight: 400; margin-right: 1rem; }
.value { display: grid; grid-template-columns: minmax(0, 1fr) 5rem; gap: 0 .6rem; align-items: center; margin-top: .6rem; }
.value label, .value .hint { grid-column: 1 / -1; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: .5rem; }
details summary { cursor: pointer; font-weight: 600; padding: .25rem 0; }
.columns { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr)); }
article { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem 1rem; min-width: 0; }
article h2 { margin: 0; font-size: 1.1rem; }
article .text { margin: .5rem 0 .75rem; min-height: 6em; }
.token { cursor: pointer; } .token:hover { outline: 1px solid var(--quiet); }
.token.current { outline: 2px solid var(--desired); outline-offset: 1px; }
.begun { color: var(--quiet); }
.part { display: inline-block; font-size: .75rem; line-height: 1.2; color: var(--quiet); border: 1px dashed var(--quiet); border-radius: .3em; padding: .1em .4em; margin: 0 .3em; user-select: none; }
dl.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .4rem 1rem; margin: 0; font-variant-numeric: tabular-nums; }
dl.figures dt { color: var(--quiet); font-size: .8rem; } dl.figures dd { margin: 0; font-weight: 600; }
.message { border-left: 4px solid var(--other); background: var(--card); padding: .6rem 1rem; margin: 0; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; min-width: 0; }
.panel h2 { margin: 0 0 .25rem; font-size: 1.1rem; }
#token .plots { grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; color: var(--quiet); font-size: .9rem; }
.legend .shaded { padding: 0 .4em; color: var(--ink); }
.legend label { flex: none; } .legend select, .row select, #trace select { width: auto; max-width: 100%; color: var(--ink); }
.dropping body { outline: 4px dashed var(--desired); outline-offset: -8px; }
pre { overflow-x: auto; background: var(--paper); border: 1px solid var(--line); border-radius: .35rem; padding: .6rem; font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0 0; }
ol.turns { list-style: none; padding: 0; margin: 0; display: grid; gap: .35rem; } ol.turns li { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .9rem; border-left: 3px solid var(--line); padding-left: .6rem; }
`;
