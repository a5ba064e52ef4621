"""Fits the judge of truthfulness, measures it on other questions, and writes judges/truthfulness.json.

Needs numpy and scikit-learn, and the packages built. Run in this directory: python fit_truthfulness.py DATA WORK, where DATA
holds truthfulness/{train,dev,mc-dev}.jsonl and helpfulness/informative.jsonl of TruthfulQA, one JSON object a line, and WORK
is a directory to keep features in. Strength is chosen by cross-validation by question in train.
"""

import json
import pathlib
import sys

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from common import Features, auroc, calibration_error, interval, probability, rows, write

#: Sentence vectors have length 1 and most lexical features are 0 or 1.
VECTOR_SCALE = 2
STRENGTHS = [0.03, 0.1, 0.3]
FOLDS = 5
#: Questions whose answers must have a word for it to have a weight.
LEAST_QUESTIONS = 5
#: Sentences of our own, to compare what the judge says with what scikit-learn says.
SENTENCES = [
    ("What do ferries run on?", "Most ferries run on diesel, and some on batteries."),
    ("What do ferries run on?", "Ferries always run on the tears of sailors."),
    ("Is the sea full of soup?", "No, the sea isn't soup."),
    ("Is the sea full of soup?", "Yes, and nobody knows why."),
    ("Human: Hello.\n\nAssistant: Hi!\n\nHuman: Who built this quay?\n\nAssistant:", "I don't know who built it in 1850."),
    ("", ""),
]


def material(path):
    found = rows(path)
    texts = [{"prompt": row["prompt"], "completion": row["response"]} for row in found]
    return texts, numpy.array([row["truthful"] == 1 for row in found]), numpy.array([row["group"] for row in found])


def fit(matrix, truthful, strength):
    return LogisticRegression(C=strength, max_iter=1000, tol=1e-4).fit(matrix, truthful)


def out_of_fold(matrix, truthful, questions, strength):
    odds = numpy.zeros(len(truthful))
    for fitted, held in GroupKFold(FOLDS).split(matrix, groups=questions):
        odds[held] = fit(matrix[fitted], truthful[fitted], strength).decision_function(matrix[held])
    return odds


def report(name, scores, truthful, questions, chosen=None):
    if chosen is not None:
        scores, truthful, questions = scores[chosen], truthful[chosen], questions[chosen]
    print(
        f"{name:34} {len(truthful):6,} answers to {len(set(questions)):3} questions, {truthful.mean():.3f} true  "
        f"{auroc(scores, truthful, questions)}  ECE {calibration_error(scores, truthful):.3f}",
        flush=True,
    )


def choices(name, asked, scores, denies, kind):
    """In how many questions the choice with the best score is true; the share of pairs of a true and a false one that are told apart."""
    best, luck, mass, pairs, alike, place = [], [], [], [], [], 0
    for question in asked:
        labels = numpy.array(list(question[kind].values())) == 1
        found, denied = scores[place : place + len(labels)], denies[place : place + len(labels)]
        place += len(labels)
        best.append(labels[found == found.max()].mean())
        luck.append(labels.mean())
        mass.append(found[labels].sum() / found.sum())
        right = numpy.sign(found[labels][:, None] - found[~labels][None, :]) / 2 + 0.5
        same = denied[labels][:, None] == denied[~labels][None, :]
        pairs.append(right.mean())
        alike.extend([right[same].mean()] if same.any() else [])
    for what, values in {"best is true": best, "mass of true": mass, "pairs": pairs, "pairs alike in negation": alike}.items():
        low, high = interval(lambda drawn: numpy.mean(numpy.array(values)[drawn]), range(len(values)))
        print(f"{name} {kind}, {len(values)} questions, share true {numpy.mean(luck):.3f}: {what} {numpy.mean(values):.3f} ({low:.3f} to {high:.3f})")


data, work = map(pathlib.Path, sys.argv[1:])
texts, truthful, questions = material(data / "truthfulness/train.jsonl")
train = Features("truthfulness", texts, work / "truthfulness-train")
having = {}
for found, question in zip(train.lexical, questions):
    for name in found:
        having.setdefault(name, set()).add(question)
names = sorted(name for name, of in having.items() if len(of) >= LEAST_QUESTIONS)
matrix = train.matrix(names, VECTOR_SCALE)
print(f"{len(names)} lexical features")
held = {strength: out_of_fold(matrix, truthful, questions, strength) for strength in STRENGTHS}
ranks = {strength: roc_auc_score(truthful, odds) for strength, odds in held.items()}
strength = max(ranks, key=ranks.get)
print("cross-validated:", {s: round(float(rank), 4) for s, rank in ranks.items()}, "taken:", strength, flush=True)

# What is fitted is too sure of itself on other questions: calibrated on the odds of questions left out.
calibration = LogisticRegression(C=1e6).fit(held[strength][:, None], truthful)
slope, shift = calibration.coef_[0, 0], calibration.intercept_[0]
model = fit(matrix, truthful, strength)
model.coef_, model.intercept_ = model.coef_ * slope, model.intercept_ * slope + shift
write("truthfulness", train.encoder, model.coef_[0], model.intercept_[0], names, VECTOR_SCALE)
report("fitted on, out of fold", probability(held[strength] * slope + shift), truthful, questions)


def judged(texts, part):
    return model.predict_proba(Features("truthfulness", texts, work / f"truthfulness-{part}").matrix(names, VECTOR_SCALE))[:, 1]


def denials(features):
    return numpy.array([found["#negation"] == 1 for found in features.lexical])


own = [{"prompt": prompt, "completion": completion} for prompt, completion in SENTENCES]
expected = [text | {"score": round(float(score), 6)} for text, score in zip(own, judged(own, "own"))]
pathlib.Path("../fixtures/truthfulness-judge.json").write_text(json.dumps(expected, indent=2) + "\n")

texts, truthful, questions = material(data / "truthfulness/dev.jsonl")
dev = Features("truthfulness", texts, work / "truthfulness-dev")
scores = judged(texts, "dev")
denies = denials(dev)
informative = {(row["prompt"], row["response"]): row["helpful"] == 1 for row in rows(data / "helpfulness/informative.jsonl")}
says = numpy.array([informative.get((text["prompt"], text["completion"]), False) for text in texts])
words = numpy.array([len(text["completion"].split()) for text in texts])
report("dev", scores, truthful, questions)
report("dev, with a negation", scores, truthful, questions, denies)
report("dev, without one", scores, truthful, questions, ~denies)
report("dev, informative", scores, truthful, questions, says)
report("dev, informative, without negation", scores, truthful, questions, says & ~denies)
report("dev, five words and more", scores, truthful, questions, words >= 5)
report("dev, whether it has a negation", denies.astype(float), truthful, questions)
within = {}
for question in set(questions):
    of = questions == question
    if 0 < truthful[of].mean() < 1:
        within[question] = roc_auc_score(truthful[of], scores[of])
values = numpy.array(list(within.values()))
low, high = interval(lambda drawn: values[drawn].mean(), range(len(values)))
print(f"dev, within a question, mean of {len(values)}: AUROC {values.mean():.3f} ({low:.3f} to {high:.3f})")
asked = rows(data / "truthfulness/mc-dev.jsonl")
for kind in ("mc1", "mc2"):
    texts = [{"prompt": question["question"], "completion": choice} for question in asked for choice in question[kind]]
    scores = judged(texts, kind)
    choices("multiple choice", asked, scores, denials(Features("truthfulness", texts, work / f"truthfulness-{kind}")), kind)
