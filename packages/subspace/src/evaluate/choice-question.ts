/** A question with answers to choose from. */
export interface ChoiceQuestion {
  /** The question. */
  readonly prompt: string;
  /** Answers; at least one that is right and one that is not. */
  readonly choices: readonly {
    /** The answer. */
    readonly response: string;
    /** Whether it is right. */
    readonly right: boolean;
  }[];
}

/** What choosing blindly comes to: the mean share of right choices. */
export function chanceOf(questions: readonly ChoiceQuestion[]): number {
  return questions.reduce((sum, question) => sum + shareRight(question), 0) / questions.length;
}

/** Share of the choices that are right. */
export function shareRight({ choices }: ChoiceQuestion): number {
  return choices.filter(({ right }) => right).length / choices.length;
}
