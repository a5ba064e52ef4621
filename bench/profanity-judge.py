"""Reads texts as JSON lines, writes for each how probable it is that it is offensive (0 to 1).

Needs alt-profanity-check (a linear model over words, trained on other data than any attribute of ours).
"""

import json
import sys

from profanity_check import predict_prob

texts = [json.loads(line) for line in sys.stdin]
for probability in predict_prob(texts):
    print(float(probability))
