// An independent judge of informality: it counts marks of casual English, and knows nothing of the model's hidden states.
import { defineJudge } from '@halfspace/contracts';

const MARKS =
  /\b(?:\w+['’](?:s|re|ve|ll|d|m|t)|yeah|ok|okay|guys?|kids?|stuff|awesome|cool|hey|wow|gonna|wanna|kinda|really|pretty|lots?|just|got|get|gets)\b|!/gi;

export default defineJudge({
  name: 'casual-words',
  description: 'text has marks of casual English',
  revision: '1',
  desired: 'low',
  // One mark makes 0.5, two 0.67, three 0.75.
  score: (texts) =>
    texts.map(({ completion }) => {
      const marks = completion.match(MARKS)?.length ?? 0;
      return marks / (marks + 1);
    }),
});
