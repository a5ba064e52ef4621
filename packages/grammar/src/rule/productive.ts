import { choice, type Grammar, NEVER, repeat, type Rule, sequence } from './rule.js';

/**
 * A grammar without what can never be finished, so that no text is begun that has no end. Where no text is finite, as where a
 * structure contains itself in every case, there is no rule `root`.
 */
export function prune(grammar: Grammar): Grammar {
  const productive = productiveRules(grammar);
  const kept = [...grammar].filter(([name]) => productive.has(name));
  return new Map(kept.map(([name, rule]) => [name, pruned(rule, productive)]));
}

/** Names of the rules that some finite text is of. */
function productiveRules(grammar: Grammar): Set<string> {
  const productive = new Set<string>();
  for (let before = -1; before < productive.size;) {
    before = productive.size;
    for (const [name, rule] of grammar) {
      if (!productive.has(name) && isProductive(rule, productive)) productive.add(name);
    }
  }
  return productive;
}

function isProductive(rule: Rule, known: ReadonlySet<string>): boolean {
  switch (rule.kind) {
    case 'text':
    case 'chars':
      return true;
    case 'sequence':
      return rule.parts.every((part) => isProductive(part, known));
    case 'choice':
      return rule.options.some((option) => isProductive(option, known));
    case 'repeat':
      return rule.min === 0 || isProductive(rule.rule, known);
    case 'ref':
      return known.has(rule.name);
  }
}

function pruned(rule: Rule, productive: ReadonlySet<string>): Rule {
  const prunedPart = (part: Rule) => pruned(part, productive);
  switch (rule.kind) {
    case 'text':
    case 'chars':
      return rule;
    case 'sequence':
      return sequence(...rule.parts.map(prunedPart));
    case 'choice':
      return choice(...rule.options.map(prunedPart));
    case 'repeat':
      return repeat(prunedPart(rule.rule), rule.min, rule.max);
    case 'ref':
      return productive.has(rule.name) ? rule : NEVER;
  }
}
