"""Fits what the methods fudge and unigram-experts know of tokens, and writes baselines/toxicity-discriminator.json and
baselines/toxicity-experts.json.

Needs numpy and scikit-learn, and the packages built. Run in this directory: python fit_tokens.py DATA WORK, as fit_reward.py.

The discriminator is a logistic regression on how often each token is in a prefix, fitted on every prefix of every text; a text counts
once. The experts are the unigram distributions of texts on either side, their counts scaled to the same total. Strength and smoothing
are chosen by cross-validation by document; dev is only measured on.
"""

import pathlib
import sys

import numpy
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GroupKFold

from material import FOLDS, Material, report, write

STRENGTHS = [0.3, 1, 3]
SMOOTHINGS = [0.3, 1, 3, 10]
VOCABULARY = 49152


def bags(tokens):
    """For every prefix how often each token is in it; the text of each prefix; its share of its text."""
    places, counts, ends, texts = [], [], [0], []
    for text, sequence in enumerate(tokens):
        bag = {}
        for token in sequence:
            bag[token] = bag.get(token, 0) + 1
            places += bag.keys()
            counts += bag.values()
            ends.append(len(places))
            texts.append(text)
    lengths = numpy.array([len(sequence) for sequence in tokens])
    return csr_matrix((counts, places, ends), shape=(len(texts), VOCABULARY), dtype=float), numpy.array(texts), 1 / lengths[texts]


def discriminator(strength, matrix, desired, weights):
    return LogisticRegression(C=strength, max_iter=300).fit(matrix, desired, sample_weight=weights)


def experts(smoothing, matrix, desired):
    """log p+ − log p− of every token, from whole texts."""
    counts = [numpy.asarray(matrix[side].sum(axis=0)).ravel() for side in (desired, ~desired)]
    total = sum(count.sum() for count in counts) / 2
    above, below = (count * total / count.sum() + smoothing for count in counts)
    return numpy.log(above) - numpy.log(below)


def prefixes_of(material):
    """The prefixes that figures are given for, as places among all prefixes."""
    lengths = numpy.array([len(tokens) for tokens in material.tokens])
    starts = numpy.cumsum(lengths) - lengths
    return starts[material.text] + material.length - 1


def weights_of(material, values):
    seen = sorted({token for tokens in material.tokens for token in tokens})
    return {
        "model": material.model,
        "data": material.digest,
        "tokens": seen,
        "weights": [round(float(values[token]), 3) for token in seen],
    }


data, work = map(pathlib.Path, sys.argv[1:3])
train, dev = (Material(data, name, work) for name in ("train", "dev"))
matrix, text, weights = bags(train.tokens)
dev_matrix = bags(dev.tokens)[0][prefixes_of(dev)]
desired = ~train.toxic
whole = numpy.flatnonzero(numpy.append(text[1:] != text[:-1], True))
folds = list(GroupKFold(FOLDS).split(train.tokens, groups=train.group))


def fold_by_fold(predict):
    """What `predict`, fitted on some texts, says of the prefixes of the others."""
    found = numpy.zeros(len(text))
    for fitted, held in folds:
        inside = numpy.isin(text, held)
        found[inside] = predict(fitted, numpy.isin(text, fitted))(matrix[inside])
    return found


losses, found = {}, {}
for strength in STRENGTHS:
    def predict(_, inside):
        return discriminator(strength, matrix[inside], desired[text[inside]], weights[inside]).decision_function

    found[strength] = fold_by_fold(predict)
    losses[strength] = log_loss(desired[text], 1 / (1 + numpy.exp(-found[strength])), sample_weight=weights)
    print(f"discriminator {strength:4} log loss {losses[strength]:.4f}")
strength = min(losses, key=losses.get)
print("taken:", strength)
report("train, out of fold", train, -found[strength][prefixes_of(train)])
model = discriminator(strength, matrix, desired[text], weights)
report("dev", dev, -model.decision_function(dev_matrix))
write("toxicity-discriminator.json", {"intercept": round(float(model.intercept_[0]), 3), **weights_of(train, model.coef_[0])})

ranks = {}
for smoothing in SMOOTHINGS:
    def predict(fitted, _):
        ratios = experts(smoothing, matrix[whole[fitted]], desired[fitted])
        return lambda some: some @ ratios

    found[smoothing] = fold_by_fold(predict)
    ranks[smoothing] = roc_auc_score(desired[text], found[smoothing], sample_weight=weights)
    print(f"experts {smoothing:4} AUROC {ranks[smoothing]:.4f}")
smoothing = max(ranks, key=ranks.get)
print("taken:", smoothing)
report("train, out of fold", train, -found[smoothing][prefixes_of(train)])
ratios = experts(smoothing, matrix[whole], desired)
report("dev", dev, -(dev_matrix @ ratios))
write("toxicity-experts.json", weights_of(train, ratios))
