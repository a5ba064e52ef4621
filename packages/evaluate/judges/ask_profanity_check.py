"""Scores texts with alt-profanity-check. Reads lines of JSON, each an array of texts; answers each with an array of
probabilities. Says first whether it can: {"version": ...} or {"missing": ...}.
"""

import json
import sys
from importlib.metadata import version


def say(value):
    print(json.dumps(value), flush=True)


try:
    from profanity_check import predict_prob

    say({"version": version("alt-profanity-check")})
except ImportError as error:
    say({"missing": str(error)})
    sys.exit()

for line in sys.stdin:
    say([float(probability) for probability in predict_prob(json.loads(line))])
