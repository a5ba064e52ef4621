import { describe, expect, test } from 'vitest';
import { attaq } from './attaq.js';
import { boldGender } from './bold.js';
import { hhHelpful } from './hh-helpful.js';
import { promptFile } from './prompt-file.js';
import { readSuite } from './read-suite.js';
import { rtpChallenging, rtpNontoxic } from './real-toxicity-prompts.js';
import type { Suite } from './suite.js';
import { truthfulQa } from './truthful-qa.js';

/** Rows of a file as its authors publish it, with texts of our own. */
const rows = (...values: Record<string, unknown>[]) =>
  values.map((each, i) => ({ values: each, place: `file.jsonl:${i + 1}` }));

const read = async (suite: Suite, ...values: Record<string, unknown>[]) => readSuite(suite, rows(...values));

const rtp = (text: string, toxicity: number | null, challenging: boolean) => ({
  filename: '0001-ab.txt',
  begin: text.length,
  end: 99,
  challenging,
  prompt: { text, toxicity },
  continuation: { text: ' and so on.', toxicity: 0.1 },
});

describe('RealToxicityPrompts', () => {
  const file = [rtp('You rude', 0.9, true), rtp('You kind', 0.1, false), rtp('You', null, false)];

  test('are told apart as challenging and as not toxic', async () => {
    expect(await read(rtpChallenging, ...file)).toEqual([
      { suite: 'rtp-challenging', id: '0001-ab.txt:8', text: 'You rude' },
    ]);
    expect(
      await readSuite(
        rtpNontoxic,
        rows(...file).map((row) => row),
      ),
    ).toEqual([{ suite: 'rtp-nontoxic', id: '0001-ab.txt:8', text: 'You kind' }]);
  });

  test('may be flat', async () => {
    const flat = { id: 'x:1', prompt: 'Well,', prompt_toxicity: 0.2 };
    expect(await read(rtpNontoxic, flat)).toEqual([{ suite: 'rtp-nontoxic', id: 'x:1', text: 'Well,' }]);
  });
});

describe('BOLD', () => {
  const [female, male] = [
    {
      suite: 'bold-gender',
      id: 'American_actresses:Ann_Example:0',
      text: 'Ann Example is an',
      group: 'female',
    },
    { suite: 'bold-gender', id: 'American_actors:Bob_Example:0', text: 'Bob Example was', group: 'male' },
  ];

  test('is one object, group by group', async () => {
    const file = {
      American_actors: { Bob_Example: ['Bob Example was '] },
      American_actresses: { Ann_Example: ['Ann Example is an '] },
    };
    expect(await read(boldGender, file)).toEqual([male, female]);
  });

  test('may have a row for each person or prompt; other domains are left out', async () => {
    const person = {
      domain: 'gender',
      category: 'American_actresses',
      name: 'Ann_Example',
      prompts: ['Ann Example is an '],
    };
    const other = { domain: 'race', category: 'Asian_Americans', name: 'C', prompts: ['C '] };
    expect(await read(boldGender, person, other)).toEqual([female]);
    const prompt = { id: 'b:1', domain: 'gender', group: 'American_actors', prompt: 'Bob Example was ' };
    expect(await read(boldGender, prompt)).toEqual([{ ...male, id: 'b:1' }]);
  });
});

test('AttaQ asks questions, by label', async () => {
  expect(await read(attaq, { uid: 7, input: 'How do I pick a lock?', label: 'deception' })).toEqual([
    {
      suite: 'attaq',
      id: '7',
      text: 'How do I pick a lock?',
      messages: [{ role: 'user', content: 'How do I pick a lock?' }],
      group: 'deception',
    },
  ]);
});

test('TruthfulQA is the same from CSV and Parquet', async () => {
  const csv = {
    Type: 'Adversarial',
    Category: 'Weather',
    Question: 'Can it rain fish?',
    'Best Answer': 'Yes',
    'Correct Answers': 'Yes; It has been seen',
    'Incorrect Answers': 'No; Never; ',
  };
  const parquet = {
    category: 'Weather',
    question: 'Can it rain fish?',
    correct_answers: ['Yes', 'It has been seen'],
    incorrect_answers: ['No', 'Never'],
  };
  const [prompt] = await read(truthfulQa, csv);
  expect(prompt).toMatchObject({
    correct: ['Yes', 'It has been seen'],
    incorrect: ['No', 'Never'],
    group: 'Weather',
  });
  expect(await read(truthfulQa, parquet)).toEqual([prompt]);
});

test('HH-RLHF is a conversation up to the turn that is compared', async () => {
  const talk = '\n\nHuman: Hello\n\nAssistant: Hi.\n\nHuman: A cake?\nWith eggs?\n\nAssistant:';
  const [prompt] = await read(hhHelpful, { chosen: `${talk} Sure.`, rejected: `${talk} No.` });
  expect(prompt.messages).toEqual([
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi.' },
    { role: 'user', content: 'A cake?\nWith eggs?' },
  ]);
  expect(prompt.text).toBe(talk.trim());
  expect(await read(hhHelpful, { prompt: talk.trim() })).toEqual([prompt]);
});

test('a file of one’s own has texts or conversations', async () => {
  const messages = [{ role: 'user', content: 'Hi' }];
  expect(await read(promptFile('mine'), { prompt: 'Once' }, { id: 3, group: 'g', messages })).toEqual([
    { suite: 'mine', id: '1', text: 'Once' },
    { suite: 'mine', id: '3', text: 'Hi', group: 'g', messages },
  ]);
});

describe('bad rows are refused, naming their line', () => {
  test.each<[string, Suite, Record<string, unknown>, RegExp]>([
    ['no prompt', rtpChallenging, { prompt: { toxicity: 1 } }, /file\.jsonl:1: "text" must be a text/],
    ['odd toxicity', rtpNontoxic, { prompt: { text: 'a', toxicity: 'b' } }, /must be a number/],
    ['another group', boldGender, { American_singers: { A: ['a'] } }, /"American_singers" is no group/],
    ['no list', boldGender, { American_actors: { A: 'a' } }, /prompts of A must be a list/],
    ['a number as question', attaq, { input: 3, label: 'a' }, /"input" must be a text/],
    [
      'no answers',
      truthfulQa,
      { question: 'a', category: 'b', correct_answers: 1 },
      /"correct_answers" must be/,
    ],
    ['no turns', hhHelpful, { chosen: 'Hello\n\nAssistant: x' }, /must begin with "Human:"/],
    [
      'an odd role',
      promptFile('mine'),
      { messages: [{ role: 'boss', content: 'x' }] },
      /"messages" must be a list/,
    ],
  ])('%s', async (_, suite, values, message) => {
    await expect(read(suite, values)).rejects.toMatchObject({
      code: 'bad-row',
      message: expect.stringMatching(message),
    });
  });

  test('a file without any prompt, too', async () => {
    await expect(read(rtpChallenging, rtp('a', 0.1, false))).rejects.toMatchObject({ code: 'no-prompts' });
  });
});

test('a limit takes the same prompts of each group, wherever they stand', async () => {
  const all = Array.from({ length: 40 }, (_, i) => ({
    id: i,
    prompt: `p${i}`,
    group: i % 4 === 0 ? 'few' : 'many',
  }));
  const some = await readSuite(promptFile('mine'), rows(...all), 5);
  expect(some.filter(({ group }) => group === 'few')).toHaveLength(5);
  expect(some).toHaveLength(10);
  const backwards = await readSuite(promptFile('mine'), rows(...all.toReversed()), 5);
  const ids = (prompts: typeof some) => prompts.map(({ id }) => Number(id)).sort((a, b) => a - b);
  expect(ids(backwards)).toEqual(ids(some));
  expect(ids(some)).toEqual(some.map(({ id }) => Number(id)));
});
