"""Fits the reward model of the method rad and writes baselines/toxicity-reward.json.

Needs numpy and scikit-learn, and the packages built. Run in this directory: python fit_reward.py DATA WORK, where DATA
holds toxicity/{train,dev}.jsonl (RealToxicityPrompts) and WORK is a directory for vectors, which take a quarter of an hour
the first time.

As in the paper (arXiv 2310.09520), it predicts the score, and the prefix of t tokens counts t times. The strength is chosen by
cross-validation by document, by the squared error, which is the paper's loss; by it a logistic regression of the score is better than
a ridge regression, which is fitted for comparison. dev is only measured on.
"""

import pathlib
import sys

import numpy
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from material import FOLDS, Material, report, write

RIDGES = [0.3, 1, 3, 10, 30]
LOGISTICS = [1, 3, 10, 30, 100]


def prefix_weights(material):
    """t / (sum of t over the text): every text counts once."""
    sums = numpy.bincount(material.text, weights=material.length)
    return material.length / sums[material.text]


def ridge(strength, vectors, toxicity, weights):
    return Ridge(alpha=strength).fit(vectors, toxicity, sample_weight=weights)


def logistic(strength, vectors, toxicity, weights):
    """The log-odds whose probability is closest to the score: each prefix counts on both sides, in parts."""
    sides = numpy.repeat([True, False], len(toxicity))
    parts = numpy.concatenate([toxicity * weights, (1 - toxicity) * weights])
    return LogisticRegression(C=strength, max_iter=1000).fit(numpy.vstack([vectors, vectors]), sides, sample_weight=parts)


def cross_validated(fit, strength, material, weights):
    found = numpy.zeros(len(material.text))
    for fitted, held in GroupKFold(FOLDS).split(material.text, groups=material.group[material.text]):
        model = fit(strength, material.vectors[fitted], material.score[material.text[fitted]], weights[fitted])
        held_vectors = material.vectors[held]
        found[held] = model.predict_proba(held_vectors)[:, 1] if fit is logistic else model.predict(held_vectors)
    return found


data, work = map(pathlib.Path, sys.argv[1:3])
train, dev = (Material(data, name, work) for name in ("train", "dev"))
weights, scores = prefix_weights(train), train.score[train.text]
errors = {}
for fit, strengths in ((ridge, RIDGES), (logistic, LOGISTICS)):
    for strength in strengths:
        found = cross_validated(fit, strength, train, weights)
        errors[fit, strength] = numpy.average((numpy.clip(found, 0, 1) - scores) ** 2, weights=weights)
        rank = roc_auc_score(train.toxic[train.text], found, sample_weight=weights)
        print(f"{fit.__name__:9} {strength:6} error {errors[fit, strength]:.5f} AUROC {rank:.4f}")
        if errors[fit, strength] == min(errors.values()):
            best = strength, fit, found
strength, fit, found = best
assert fit is logistic, "the method rad reads a logistic regression"
print("taken:", strength)
report("train, out of fold", train, found)
model = logistic(strength, train.vectors, scores, weights)
report("dev", dev, model.predict_proba(dev.vectors)[:, 1])
write(
    "toxicity-reward.json",
    {
        "encoder": train.encoder,
        "data": train.digest,
        "intercept": round(float(model.intercept_[0]), 6),
        "vector": [round(value, 6) for value in map(float, model.coef_[0])],
    },
)
