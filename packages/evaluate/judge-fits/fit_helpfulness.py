"""Fits the judge of helpfulness, measures it on other pairs, and writes judges/helpfulness.json.

Needs numpy and scikit-learn, and the packages built. Run in this directory: python fit_helpfulness.py DATA WORK, where DATA
holds helpfulness/{train,dev}.jsonl (pairs of HH-RLHF: prompt, chosen, rejected) and helpfulness/informative.jsonl of
TruthfulQA, one JSON object a line, and WORK is a directory to keep features in. Features and strength are chosen by
cross-validation by prompt in train. Fitted on the first words of both answers, as judged completions are short.
"""

import json
import pathlib
import sys

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from common import Features, auroc, interval, rows, write

STRENGTHS = [0.01, 0.03, 0.1, 0.3, 1]
FOLDS = 5
#: Words of a beginning: about 20 tokens.
BEGINNING = 15
SIDES = ["chosen", "rejected"]
#: Answers are of similar length where the longer one has at most this many times the characters of the other.
SIMILAR = 1.1
#: Sentences of our own, to compare what the judge says with what scikit-learn says.
SENTENCES = [
    ("How do I get to the ferry?", "Follow the quay to the red crane; the ferry leaves from pier 3 at nine."),
    ("How do I get to the ferry?", "I'm sorry, I don't know anything about ferries."),
    ("How do I get to the ferry?", "Do you like ferries?"),
    ("Human: Hi\n\nAssistant: Hello!\n\nHuman: What do I need for soup?\n\nAssistant:", "Sure! You need:\n- water\n- salt\n- “roots”"),
    ("", ""),
]


class Pairs:
    """Pairs of answers to the same prompt, the chosen one first: what the judge reads of them, and their lengths before any change."""

    def __init__(self, found, name, change=str):
        found = [row for row in found if change(row["chosen"]) != change(row["rejected"])]
        self.prompt = numpy.array([row["prompt"] for row in found])
        self.length = numpy.array([[len(row[side]) for side in SIDES] for row in found])
        texts = [{"prompt": row["prompt"], "completion": change(row[side])} for row in found for side in SIDES]
        read = Features("helpfulness", texts, work / f"helpfulness-{name}")
        self.encoder, self.answers = read.encoder, read.vectors
        self.differences = self.answers[::2] - self.answers[1::2]


def beginning(text):
    return " ".join(text.split()[:BEGINNING])


def fit(differences, strength):
    """Bradley–Terry: every pair from both sides, so that nothing depends on which one is named first."""
    sides = numpy.repeat([1, 0], len(differences))
    both = numpy.vstack([differences, -differences])
    return LogisticRegression(C=strength, fit_intercept=False, max_iter=1000, tol=1e-4).fit(both, sides)


def out_of_fold(differences, prompts, strength):
    odds = numpy.zeros(len(prompts))
    for fitted, held in GroupKFold(FOLDS).split(differences, groups=prompts):
        odds[held] = fit(differences[fitted], strength).decision_function(differences[held])
    return odds


def report(name, odds, pairs):
    """Share of pairs in which the chosen answer has the better score."""
    longer = pairs.length[:, 0] > pairs.length[:, 1]
    shorter = pairs.length[:, 0] < pairs.length[:, 1]
    similar = pairs.length.max(1) <= SIMILAR * pairs.length.min(1)
    right = (odds > 0) + (odds == 0) / 2

    def of(chosen):
        return lambda drawn: right[drawn][chosen[drawn]].mean()

    statistics = {
        "all": of(numpy.ones(len(right), bool)),
        f"similar length ({similar.sum()})": of(similar),
        "chosen one longer": of(longer),
        "chosen one shorter": of(shorter),
        "mean of the two": lambda drawn: (of(longer)(drawn) + of(shorter)(drawn)) / 2,
    }
    for what, statistic in statistics.items():
        low, high = interval(statistic, pairs.prompt)
        print(f"{name:24} {len(right):5,} pairs, {what:24} {statistic(numpy.arange(len(right))):.3f} ({low:.3f} to {high:.3f})", flush=True)


def with_length(pairs):
    return numpy.hstack([pairs.differences, numpy.log((1 + pairs.length[:, :1]) / (1 + pairs.length[:, 1:]))])


data, work = map(pathlib.Path, sys.argv[1:])
train = Pairs(rows(data / "helpfulness/train.jsonl"), "train", beginning)
held = {strength: out_of_fold(train.differences, train.prompt, strength) for strength in STRENGTHS}
right = {strength: float((odds > 0).mean()) for strength, odds in held.items()}
strength = max(right, key=right.get)
print("cross-validated:", {s: round(share, 4) for s, share in right.items()}, "taken:", strength, flush=True)

# Differences are scaled by what pairs left out say, and 0 is the median answer: .5.
slope = (
    LogisticRegression(C=1e6, fit_intercept=False)
    .fit(numpy.concatenate([held[strength], -held[strength]])[:, None], numpy.repeat([1, 0], len(train.prompt)))
    .coef_[0, 0]
)
model = fit(train.differences, strength)
model.coef_ = model.coef_ * slope
model.intercept_ = -numpy.median(train.answers @ model.coef_[0], keepdims=True)
write("helpfulness", train.encoder, model.coef_[0], model.intercept_[0], [], 1)


def judged(texts, part):
    return model.predict_proba(Features("helpfulness", texts, work / f"helpfulness-{part}").vectors)[:, 1]


own = [{"prompt": prompt, "completion": completion} for prompt, completion in SENTENCES]
expected = [text | {"score": round(float(score), 6)} for text, score in zip(own, judged(own, "own"))]
pathlib.Path("../fixtures/helpfulness-judge.json").write_text(json.dumps(expected, indent=2) + "\n")

answers = model.predict_proba(train.answers)[:, 1]
print("slope", slope, "scores of train, percentiles 5 25 50 75 95:", numpy.percentile(answers, [5, 25, 50, 75, 95]).round(3))
report("train, out of fold", held[strength], train)
found = rows(data / "helpfulness/dev.jsonl")
dev, whole = Pairs(found, "dev", beginning), Pairs(found, "dev-whole")
report("dev", dev.differences @ model.coef_[0], dev)
report("dev, whole answers", whole.differences @ model.coef_[0], whole)
lengthy = fit(with_length(train), strength)
report("dev, with length", with_length(dev) @ lengthy.coef_[0], dev)
report("dev, the longer one", numpy.diff(dev.length)[:, 0] * -1.0, dev)
found = rows(data / "helpfulness/informative.jsonl")
texts = [{"prompt": row["prompt"], "completion": row["response"]} for row in found]
helpful, questions = numpy.array([row["helpful"] == 1 for row in found]), numpy.array([row["group"] for row in found])
scores = judged(texts, "informative")
length = numpy.array([len(row["response"]) for row in found])
subsets = {
    "all": length >= 0,
    'without "I have no comment"': numpy.array([not row["response"].startswith("I have no comment") for row in found]),
    "of five words and more": numpy.array([len(row["response"].split()) >= 5 for row in found]),
}
for what, of in subsets.items():
    print(f"informative, {what}: {of.sum():,} answers, {helpful[of].mean():.3f} helpful, {auroc(scores[of], helpful[of], questions[of])}", flush=True)
    print(f"  length alone: {auroc(length[of], helpful[of], questions[of])}", flush=True)
