"""What the fits of the judges have in common: what the code of a judge reads of texts, figures, the file of weights."""

import json
import pathlib
import subprocess

import numpy
from sklearn.metrics import roc_auc_score

DRAWS = 1000


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


class Features:
    """What a judge reads of texts with prompt and completion, computed by its own code and kept in a directory."""

    def __init__(self, judge, texts, directory):
        if not (directory / "about.json").exists():
            lines = "".join(json.dumps(text) + "\n" for text in texts)
            subprocess.run(["node", "features.js", judge, directory], input=lines, text=True, check=True)
        about = json.loads((directory / "about.json").read_text())
        self.encoder = about["encoder"]
        self.vectors = numpy.fromfile(directory / "vectors.f32", dtype=numpy.float32).reshape(-1, about["width"])
        self.lexical = rows(directory / "lexical.jsonl")

    def matrix(self, names, vector_scale):
        """A row a text: its vector, scaled, then the lexical features with these names."""
        lexical = numpy.array([[found.get(name, 0) for name in names] for found in self.lexical], dtype=numpy.float32)
        return numpy.hstack([self.vectors * numpy.float32(vector_scale), lexical])


def probability(odds):
    return 1 / (1 + numpy.exp(-odds))


def calibration_error(probabilities, labels):
    """Ten bins of equal size."""
    bins = numpy.array_split(numpy.argsort(probabilities, kind="stable"), 10)
    return sum(abs(probabilities[b].mean() - labels[b].mean()) * len(b) for b in bins) / len(labels)


def interval(statistic, groups):
    """95 % bootstrap interval, by group, of a statistic of rows: statistic(places) of an array of their places."""
    random = numpy.random.default_rng(0)
    members = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    groups = list(members.values())
    found = []
    for _ in range(DRAWS):
        found.append(statistic(numpy.concatenate([groups[g] for g in random.integers(len(groups), size=len(groups))])))
    return numpy.percentile(found, [2.5, 97.5])


def auroc(scores, labels, groups):
    """AUROC, and its interval by group."""
    low, high = interval(lambda drawn: roc_auc_score(labels[drawn], scores[drawn]), groups)
    return f"AUROC {roc_auc_score(labels, scores):.3f} ({low:.3f} to {high:.3f})"


def write(judge, encoder, weights, intercept, names, vector_scale):
    """The weights of a judge, for features as they are."""
    vector, lexical = weights[: len(weights) - len(names)], weights[len(weights) - len(names) :]
    found = {
        "encoder": encoder,
        "intercept": round(float(intercept), 6),
        "vector": [round(float(value), 6) for value in vector * vector_scale],
        "lexical": {name: round(float(value), 6) for name, value in zip(names, lexical)},
    }
    pathlib.Path(f"../judges/{judge}.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
