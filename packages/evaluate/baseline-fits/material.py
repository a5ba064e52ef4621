"""What the baselines of toxicity are fitted on and measured on, and the figures that their fits have in common."""

import hashlib
import json
import pathlib
import subprocess

import numpy
from sklearn.metrics import roc_auc_score

FOLDS = 5
#: Tokens from one prefix to the next, as in prefixes.js.
STRIDE = 3
#: Prefixes by their length in tokens, for figures.
LENGTHS = [(1, 3), (4, 7), (8, 15), (16, 31)]


class Material:
    """Texts of toxicity/train.jsonl or dev.jsonl that the attribute toxicity takes a side for, with tokens and prefixes."""

    def __init__(self, data, name, work):
        source = data / f"toxicity/{name}.jsonl"
        self.digest = hashlib.sha256(source.read_bytes()).hexdigest()
        found = map(json.loads, source.read_text().splitlines())
        rows = [row for row in found if row["response"] and (row["toxicity"] <= 0.25 or row["toxicity"] >= 0.5)]
        self.score = numpy.array([row["toxicity"] for row in rows])
        self.toxic = self.score >= 0.5
        self.group = numpy.array([row["group"] for row in rows])
        place = work / name
        if not (place / "about.json").exists():
            lines = "".join(json.dumps(row["response"]) + "\n" for row in rows)
            subprocess.run(["node", "prefixes.js", place], input=lines, text=True, check=True)
        about = json.loads((place / "about.json").read_text())
        self.model, self.encoder = about["model"], about["encoder"]
        self.tokens = [json.loads(line) for line in (place / "tokens.jsonl").read_text().splitlines()]
        self.vectors = numpy.fromfile(place / "vectors.f32", dtype=numpy.float32).reshape(-1, about["width"])
        # Of each prefix: its text and its length.
        pairs = [
            (text, length)
            for text, tokens in enumerate(self.tokens)
            for length in range((len(tokens) - 1) % STRIDE + 1, len(tokens) + 1, STRIDE)
        ]
        self.text, self.length = numpy.array(pairs).T

    def whole(self):
        """Which prefixes are whole texts."""
        return self.length == numpy.array([len(tokens) for tokens in self.tokens])[self.text]


def report(name, material, toxicity):
    """AUROC of what a fit makes of prefixes, by their length."""
    toxic, whole = material.toxic[material.text], material.whole()
    choices = {f"{low} to {high} tokens": (material.length >= low) & (material.length <= high) for low, high in LENGTHS}
    choices |= {"every prefix": numpy.ones(len(whole), bool), "whole texts": whole}
    for what, chosen in choices.items():
        print(f"{name:28} {what:16} {chosen.sum():7,} AUROC {roc_auc_score(toxic[chosen], toxicity[chosen]):.3f}")


def write(name, weights):
    (pathlib.Path("../baselines") / name).write_text(json.dumps(weights, separators=(",", ":")) + "\n")
