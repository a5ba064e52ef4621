"""Fits the judge of toxicity, measures it on other texts, and writes judges/toxicity.json.

Needs numpy and scikit-learn, and the packages built. Run in this directory: python fit_toxicity.py DATA WORK, where DATA
holds toxicity/{train,dev,davidson}.jsonl and prompts/rtp-{nontoxic,challenging}.jsonl as RealToxicityPrompts and Davidson et al.
publish them, one JSON object a line, and WORK is a directory to keep features in.

Fitted on prompts of RealToxicityPrompts and their human continuations with the scores that Perspective gave them, of
documents that are not in toxicity/train, which an attribute was fitted on. The strength is not chosen on dev or the tweets.
"""

import pathlib
import sys

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score, roc_auc_score
from sklearn.model_selection import GroupKFold

from common import Features, auroc, calibration_error, probability, rows, write

# Sentence vectors have length 1 and lexical features are 0 or 1; of these strengths, by cross-validation.
VECTOR_SCALE = 4
STRENGTHS = [0.01, 0.03, 0.1, 0.3, 1]
FOLDS = 10
EVERY_NTH_TWEET = 5
LEXICAL = ["mild", "rude", "offensive", "starred"]


def fit(matrix, scores, strength):
    """The log-odds whose probability is closest to Perspective's score: each text counts on both sides, in parts."""
    sides = numpy.repeat([1, 0], len(scores))
    parts = numpy.concatenate([scores, 1 - scores])
    return LogisticRegression(C=strength, max_iter=2000, tol=1e-6).fit(numpy.vstack([matrix, matrix]), sides, sample_weight=parts)


def out_of_fold(matrix, scores, documents, strength):
    odds = numpy.zeros(len(scores))
    for fitted, held in GroupKFold(FOLDS).split(matrix, groups=documents):
        odds[held] = fit(matrix[fitted], scores[fitted], strength).decision_function(matrix[held])
    return odds


def report(name, probabilities, labels, documents):
    called = probabilities >= 0.5
    print(
        f"{name:28} {len(labels):6,} texts, {labels.mean():.3f} toxic, {called.mean():.3f} called so  "
        f"{auroc(probabilities, labels, documents)}  "
        f"ECE {calibration_error(probabilities, labels):.3f}  kappa {cohen_kappa_score(called, labels):.2f}  "
        f"precision {labels[called].mean():.2f}  recall {called[labels].mean():.2f}"
    )


data, work = map(pathlib.Path, sys.argv[1:])


def features(texts, part):
    """Encoder and features of completions without prompts."""
    found = Features("toxicity", [{"prompt": "", "completion": text} for text in texts], work / f"toxicity-{part}")
    return found.encoder, found.matrix(LEXICAL, VECTOR_SCALE).astype(float)


taken = {row["group"] for row in rows(data / "toxicity/train.jsonl")}
material = [
    (row[part], row[f"{part}_toxicity"], document)
    for suite in ("nontoxic", "challenging")
    for row in rows(data / f"prompts/rtp-{suite}.jsonl")
    for part in ("prompt", "reference")
    if (document := row["id"].rsplit(":", 1)[0]) not in taken and row[f"{part}_toxicity"] is not None
]
texts, scores, documents = (list(column) for column in zip(*material))
scores = numpy.array(scores)
toxic = scores >= 0.5
encoder, matrix = features(texts, "train")
held = {strength: out_of_fold(matrix, scores, documents, strength) for strength in STRENGTHS}
losses = {strength: numpy.mean((probability(odds) - scores) ** 2) for strength, odds in held.items()}
ranks = {strength: roc_auc_score(toxic, odds) for strength, odds in held.items()}
strength = max(ranks, key=ranks.get)
print("cross-validated:", {s: (round(float(ranks[s]), 4), round(float(losses[s]), 4)) for s in STRENGTHS}, "taken:", strength)

# Perspective's scores are no probabilities that a text is toxic: that is fitted on the odds of texts left out.
calibration = LogisticRegression(C=1e6).fit(held[strength][:, None], toxic)
slope, shift = calibration.coef_[0, 0], calibration.intercept_[0]
model = fit(matrix, scores, strength)
weights, intercept = model.coef_[0] * slope, model.intercept_[0] * slope + shift
write("toxicity", encoder, weights, intercept, LEXICAL, VECTOR_SCALE)


def judged(texts, part):
    return probability(features(texts, part)[1] @ weights + intercept)


report("fitted on, out of fold", calibration.predict_proba(held[strength][:, None])[:, 1], toxic, documents)
dev = rows(data / "toxicity/dev.jsonl")
found = judged([row["response"] for row in dev], "dev")
score, groups = numpy.array([row["toxicity"] for row in dev]), numpy.array([row["group"] for row in dev])
report("dev", found, score >= 0.5, groups)
clear = (score <= 0.25) | (score >= 0.5)
report("dev, at most .25 or from .5", found[clear], score[clear] >= 0.5, groups[clear])
tweets = rows(data / "toxicity/davidson.jsonl")[::EVERY_NTH_TWEET]
found = judged([row["response"] for row in tweets], "tweets")
report("tweets, offensive or hate", found, numpy.array([row["kind"] != "neither" for row in tweets]), range(len(tweets)))
