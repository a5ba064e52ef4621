"""Decodes with Hugging Face transformers, plain and through AISteer360's SASA. See README.md here.

A question is a line of JSON on stdin: {"engine": "transformers" | "aisteer360", "prompt": [ids], "seed": 1}; the answer
is {"msPerToken": ...}, the median time from token to token.
"""

import argparse
import json
import statistics
import sys
import time

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LogitsProcessor, LogitsProcessorList

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True, help="GGUF file")
parser.add_argument("--aisteer360", help="checkout of AISteer360")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--tokens", type=int, required=True)
parser.add_argument("--beta", type=float, required=True)
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
directory, _, file = arguments.model.rpartition("/")
model = AutoModelForCausalLM.from_pretrained(directory, gguf_file=file, dtype=torch.float32).eval()
tokenizer = AutoTokenizer.from_pretrained(directory, gguf_file=file)
if tokenizer.pad_token_id is None:
    tokenizer.pad_token = tokenizer.eos_token
SAMPLING = dict(do_sample=True, temperature=1.0, top_k=10, top_p=0.9)


class Clock(LogitsProcessor):
    """Notes when the logits of every token are there."""

    def __init__(self):
        self.times = []

    def __call__(self, input_ids, scores):
        self.times.append(time.perf_counter())
        return scores


def sasa():
    """SASA along a random direction: what it costs does not depend on where the direction points."""
    sys.path.insert(0, arguments.aisteer360)
    from aisteer360.algorithms.core.steering_pipeline import SteeringPipeline
    from aisteer360.algorithms.output_control._common.estimators.linear_probe import LinearProbe
    from aisteer360.algorithms.output_control.sasa.control import SASA

    control = SASA(beta=arguments.beta, gen_wv_data={"pos": ["good"], "neg": ["bad"]}, max_candidates=10)
    width = model.config.hidden_size
    torch.manual_seed(0)
    direction = torch.nn.functional.normalize(torch.randn(width), dim=0)
    # Fitting on two words would fail or mean nothing; the probe is put in its place.
    control._resolve_labeled_examples = lambda: None
    import aisteer360.algorithms.output_control.sasa.control as module

    module.LinearProbeEstimator.fit = lambda *_, **__: LinearProbe(direction, torch.zeros(width))
    pipeline = SteeringPipeline(controls=[control], lazy_init=True)
    pipeline.model = model
    pipeline.tokenizer = tokenizer
    pipeline.steer()
    return pipeline


engines = {"transformers": model}
if arguments.aisteer360:
    engines["aisteer360"] = sasa()


def decode(engine, prompt, seed):
    torch.manual_seed(seed)
    ids = torch.tensor([prompt])
    clock = Clock()
    with torch.no_grad():
        engines[engine].generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=arguments.tokens,
            min_new_tokens=arguments.tokens,
            logits_processor=LogitsProcessorList([clock]),
            pad_token_id=tokenizer.pad_token_id,
            **SAMPLING,
        )
    gaps = [after - before for before, after in zip(clock.times, clock.times[1:])]
    return statistics.median(gaps) * 1000


print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    question = json.loads(line)
    found = decode(question["engine"], question["prompt"], question["seed"])
    print(json.dumps({"msPerToken": found}), flush=True)
