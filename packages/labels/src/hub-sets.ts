/** A row of a data set, by the names of its columns. */
export type HubRow = Readonly<Record<string, unknown>>;

/** A data set on the hub whose columns are known. */
export interface HubSet {
  /** `owner/name`. */
  readonly repository: string;
  /** What its rows are. */
  readonly description: string;
  /** SPDX identifier of its licence, as its card says. */
  readonly licence: string;
  /** What is read where a user names no part of it: a split, or a configuration and a split. */
  readonly part: string;
  /** The columns that {@link HubSet.rowsOf} adds. */
  readonly columns: readonly string[];
  /**
   * What a row says in the columns that the commands read: `prompt`, `response`, a score by the name that the attribute knows it
   * by, `group`; or `chosen` and `rejected`. One row may be several, or none. A row that is of another kind stays as it is.
   */
  readonly rowsOf: (row: HubRow) => readonly HubRow[];
}

const CIVIL_COMMENTS: HubSet = {
  repository: 'google/civil_comments',
  description:
    'comments on news pages, with the share of readers who called each toxic (and by `severe_toxicity`, `insult` …)',
  licence: 'CC0-1.0',
  part: 'train',
  columns: ['response', 'toxicity'],
  rowsOf: (row) => [{ response: row.text }],
};

/** Grades of HelpSteer go from 0 to 4. */
const MOST_HELPFUL = 4;

const HELP_STEER_2: HubSet = {
  repository: 'nvidia/HelpSteer2',
  description:
    'answers graded by people: helpfulness, correctness, coherence, complexity, verbosity, each 0 to 4',
  licence: 'CC-BY-4.0',
  part: 'train',
  columns: ['prompt', 'response', 'helpful', 'group'],
  rowsOf(row) {
    if (typeof row.response_1 === 'string') {
      return preferred(row.prompt, [row.response_1, row.response_2], row.preference_strength);
    }
    if (typeof row.helpfulness !== 'number' && typeof row.helpfulness !== 'bigint') return [{}];
    return [{ helpful: sideOf(Number(row.helpfulness) / MOST_HELPFUL), group: row.prompt }];
  },
};

const HELP_STEER_3: HubSet = {
  repository: 'nvidia/HelpSteer3',
  description: 'two answers to a conversation, and which of them people preferred, by how much',
  licence: 'CC-BY-4.0',
  part: 'preference/train',
  columns: ['prompt', 'chosen', 'rejected', 'group'],
  rowsOf: (row) =>
    typeof row.response1 === 'string'
      ? preferred(dialogueOf(row.context), [row.response1, row.response2], row.overall_preference)
      : [{}],
};

const TRUTHFUL_QA: HubSet = {
  repository: 'truthfulqa/truthful_qa',
  description: 'questions that people often answer wrongly, with right and wrong answers',
  licence: 'Apache-2.0',
  part: 'generation/validation',
  columns: ['prompt', 'response', 'truthful', 'group'],
  rowsOf(row) {
    const { question } = row;
    const answers = (found: unknown, truthful: 0 | 1) =>
      (Array.isArray(found) ? found : []).map((response: unknown) => ({
        prompt: question,
        response,
        truthful,
        group: question,
      }));
    if (!Array.isArray(row.correct_answers)) return [{}];
    return [...answers(row.correct_answers, 1), ...answers(row.incorrect_answers, 0)];
  },
};

/** Scores of formality go from −3 to 3. */
const MOST_FORMAL = 3;

const FORMALITY: HubSet = {
  repository: 'osyvokon/pavlick-formality-scores',
  description: 'sentences of news, blogs, mails and answers, with how formal people found each',
  licence: 'CC-BY-3.0',
  part: 'train',
  columns: ['response', 'formal'],
  rowsOf: (row) => [
    { response: row.sentence, formal: (Number(row.avg_score) + MOST_FORMAL) / (2 * MOST_FORMAL) },
  ],
};

const HUB_SETS = [CIVIL_COMMENTS, HELP_STEER_2, HELP_STEER_3, TRUTHFUL_QA, FORMALITY];

/** The data sets on the hub whose columns are known: more data for the values, and for `formal`. They are not in this package. */
export function hubSets(): readonly HubSet[] {
  return HUB_SETS;
}

/** What is known of a data set on the hub. */
export function hubSetOf(repository: string): HubSet | undefined {
  return HUB_SETS.find((set) => set.repository.toLowerCase() === repository.toLowerCase());
}

/** Grades of at least three quarters are the desired side, those of at most a quarter the other; the middle stays what it is. */
function sideOf(grade: number): number {
  if (grade >= 0.75) return 1;
  return grade <= 0.25 ? 0 : grade;
}

/** A pair, by a preference that is negative for the first and positive for the second; none where both are as good. */
function preferred(
  prompt: unknown,
  [first, second]: readonly [unknown, unknown],
  preference: unknown,
): readonly HubRow[] {
  const strength = Number(preference);
  if (!Number.isFinite(strength) || strength === 0) return [];
  const [chosen, rejected] = strength < 0 ? [first, second] : [second, first];
  return [{ prompt, chosen, rejected, group: prompt }];
}

/** A conversation as one text: what the user said where that is all, else with the names of the speakers. */
function dialogueOf(context: unknown): string {
  const turns = (Array.isArray(context) ? context : []) as {
    readonly role: string;
    readonly content: string;
  }[];
  if (turns.length === 1) return turns[0].content;
  const named = turns.map(({ role, content }) => `${role === 'user' ? 'Human' : 'Assistant'}: ${content}`);
  return `${named.join('\n\n')}\n\nAssistant:`;
}
