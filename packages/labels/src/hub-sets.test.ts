import { describe, expect, it } from 'vitest';
import { hubSetOf, hubSets, type HubRow } from './hub-sets.js';

const rowsOf = (repository: string, row: HubRow) => hubSetOf(repository)?.rowsOf(row);

describe('data sets on the hub', () => {
  it('are found by their names, in any case', () => {
    for (const set of hubSets()) expect(hubSetOf(set.repository.toUpperCase())).toBe(set);
    expect(hubSetOf('google/other')).toBeUndefined();
  });

  it('google/civil_comments: the text is the response, and its toxicity the score', () => {
    expect(rowsOf('google/civil_comments', { text: 'Well said.', toxicity: 0 })).toEqual([
      { response: 'Well said.' },
    ]);
  });

  it('nvidia/HelpSteer2: grades become sides, and preferences pairs', () => {
    const graded = (helpfulness: number | bigint) =>
      rowsOf('nvidia/HelpSteer2', { prompt: 'How?', response: 'So.', helpfulness });
    expect([0, 1, 2, 3, 4n].map((grade) => graded(grade)?.[0].helpful)).toEqual([0, 0, 0.5, 1, 1]);
    expect(graded(4)?.[0].group).toBe('How?');
    const pair = (preference_strength: number) =>
      rowsOf('nvidia/HelpSteer2', { prompt: 'How?', response_1: 'a', response_2: 'b', preference_strength });
    expect(pair(-2)).toEqual([{ prompt: 'How?', chosen: 'a', rejected: 'b', group: 'How?' }]);
    expect(pair(1)).toEqual([{ prompt: 'How?', chosen: 'b', rejected: 'a', group: 'How?' }]);
    expect(pair(0)).toEqual([]);
  });

  it('nvidia/HelpSteer3: the context is a text, with speakers where there are several turns', () => {
    const turn = { role: 'user', content: 'How?' };
    const rows = (context: unknown, overall_preference: number) =>
      rowsOf('nvidia/HelpSteer3', { context, response1: 'a', response2: 'b', overall_preference });
    expect(rows([turn], -1)).toEqual([{ prompt: 'How?', chosen: 'a', rejected: 'b', group: 'How?' }]);
    const [long] =
      rows([turn, { role: 'assistant', content: 'So.' }, { role: 'user', content: 'Why?' }], 3) ?? [];
    expect(long).toMatchObject({
      prompt: 'Human: How?\n\nAssistant: So.\n\nHuman: Why?\n\nAssistant:',
      chosen: 'b',
      rejected: 'a',
    });
    expect(rows([turn], 0)).toEqual([]);
  });

  it('truthfulqa/truthful_qa: every answer is a row', () => {
    const question = 'Is it so?';
    const row = { question, correct_answers: ['No.', 'It is not.'], incorrect_answers: ['Yes.'] };
    expect(rowsOf('truthfulqa/truthful_qa', row)).toEqual([
      { prompt: question, response: 'No.', truthful: 1, group: question },
      { prompt: question, response: 'It is not.', truthful: 1, group: question },
      { prompt: question, response: 'Yes.', truthful: 0, group: question },
    ]);
    expect(rowsOf('truthfulqa/truthful_qa', { question, mc1_targets: {} })).toEqual([{}]);
  });

  it('osyvokon/pavlick-formality-scores: scores become degrees', () => {
    const degrees = [-3, 0, 3].map((avg_score) =>
      rowsOf('osyvokon/pavlick-formality-scores', { sentence: 'Dear Sir', avg_score }),
    );
    expect(degrees.map((rows) => rows?.[0].formal)).toEqual([0, 0.5, 1]);
  });
});
