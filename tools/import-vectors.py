#!/usr/bin/env python3
"""Writes tests/vectors/import-logits.json: logits of random models by the transformers library in float64.

Needs torch and transformers (made with torch 2.14.1, transformers 5.17.0) and the compiled tools (npm run build):

    python3 tools/import-vectors.py

Each case is a folder made by tools/make-random-model.ts from a preset, settings and a seed; the test makes the same
folder, imports it and compares the logits of the last token.
"""

import json
import os
import subprocess
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import torch  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
TOKENS = [0, 73, 102, 109, 109, 112, 1, 220, 271, 5, 5, 200, 17, 90]
CASES = [
    ("tiny-gpt2", []),
    ("tiny-gpt2", ["activation_function=gelu", "n_inner=40", "tie_word_embeddings=false"]),
    ("tiny-gpt2", ["activation_function=relu", "layer_norm_epsilon=0.01"]),
    ("tiny-llama", []),
    ("tiny-llama", ["attention_bias=true", "mlp_bias=true", "rope_theta=500", "rms_norm_eps=0.01"]),
    ("tiny-llama", ["head_dim=12", "num_key_value_heads=1", "tie_word_embeddings=true"]),
    ("tiny-llama", ["hidden_act=gelu_pytorch_tanh", "num_key_value_heads=4"]),
    ("tiny-mistral", []),
    ("tiny-mistral", ["sliding_window=null"]),
    ("tiny-qwen2", []),
    ("tiny-opt", []),
    ("tiny-opt", ["activation_function=gelu"]),
]


def logits(folder):
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float64, attn_implementation="eager", output_loading_info=True
    )
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    with torch.no_grad():
        return model.eval()(torch.tensor([TOKENS])).logits[0, -1].tolist()


def main():
    cases = []
    tool = os.path.join(ROOT, "dist-tools/tools/make-random-model.js")
    for number, (preset, settings) in enumerate(CASES):
        seed = 100 + number
        with tempfile.TemporaryDirectory() as scratch:
            folder = os.path.join(scratch, "model")
            sets = [word for setting in settings for word in ("--set", setting)]
            subprocess.run(["node", tool, preset, folder, "--seed", str(seed), *sets], check=True)
            values = [float(f"{value:.10g}") for value in logits(folder)]
        cases.append({"preset": preset, "set": settings, "seed": seed, "tokens": TOKENS, "logits": values})
    with open(os.path.join(ROOT, "tests/vectors/import-logits.json"), "w") as file:
        lines = ",\n".join(json.dumps(case) for case in cases)
        file.write(f"[\n{lines}\n]\n")


main()
