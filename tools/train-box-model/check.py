#!/usr/bin/env python3
"""Check an exported model with a second implementation, and let it speak.

    python3 check.py WORK_DIR MODEL_DIR [--windows 64] [--prompt "Call me Ishmael."] ...

Runs the model from the files in MODEL_DIR alone, in float64 NumPy; with WORK_DIR/best.pt present compares its logits with
those of the PyTorch model that was trained, prints the held-out loss over evenly spaced windows by source, and prints
completions drawn with a fixed seed at temperature 0.8.
"""
import argparse
import json
import math
import struct
from pathlib import Path

import numpy as np

from tokenizer import Tokenizer, documents

parser = argparse.ArgumentParser()
parser.add_argument("work", type=Path)
parser.add_argument("model", type=Path)
parser.add_argument("--windows", type=int, default=64)
parser.add_argument("--length", type=int, default=100)
parser.add_argument("--temperature", type=float, default=0.8)
parser.add_argument("--prompt", action="append", default=[])
args = parser.parse_args()


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            tensors[name] = np.frombuffer(data[begin:end], {"F16": "<f2"}[entry["dtype"]]).reshape(entry["shape"]).astype(np.float64)
    return tensors


def rms_norm(x, gain, eps):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * gain


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def forward(w, c, ids):
    """Logits (T, V) for ids (T)."""
    T, d, heads, kv = len(ids), c["head_dim"], c["num_attention_heads"], c["num_key_value_heads"]
    angles = np.outer(np.arange(T), c["rope_theta"] ** -(np.arange(0, d, 2) / d))
    cos, sin = np.tile(np.cos(angles), 2), np.tile(np.sin(angles), 2)

    def rope(x):  # (T, d), half-split
        return x * cos + np.concatenate([-x[:, d // 2 :], x[:, : d // 2]], 1) * sin

    h = w["model.embed_tokens.weight"][ids]
    for layer in range(c["num_hidden_layers"]):
        p = f"model.layers.{layer}."
        x = rms_norm(h, w[p + "input_layernorm.weight"], c["rms_norm_eps"])
        q, k, v = (x @ w[f"{p}self_attn.{name}_proj.weight"].T for name in "qkv")
        outputs = []
        for head in range(heads):
            group = head * kv // heads
            keys, values = rope(k[:, group * d : group * d + d]), v[:, group * d : group * d + d]
            scores = rope(q[:, head * d : head * d + d]) @ keys.T / math.sqrt(d)
            outputs.append(softmax(np.where(np.tri(T, dtype=bool), scores, -np.inf)) @ values)
        h = h + np.concatenate(outputs, 1) @ w[p + "self_attn.o_proj.weight"].T
        x = rms_norm(h, w[p + "post_attention_layernorm.weight"], c["rms_norm_eps"])
        gate, up = x @ w[p + "mlp.gate_proj.weight"].T, x @ w[p + "mlp.up_proj.weight"].T
        h = h + (gate / (1 + np.exp(-gate)) * up) @ w[p + "mlp.down_proj.weight"].T
    return rms_norm(h, w["model.norm.weight"], c["rms_norm_eps"]) @ w["model.embed_tokens.weight"].T


def compare_with_torch(w, c, ids):
    import torch

    from model import Llama

    model = Llama(c)
    best = torch.load(args.work / "best.pt")["model"]
    model.load_state_dict({name: p.half().float() for name, p in best.items()})
    theirs = model(torch.tensor([ids]))[0].detach().numpy()
    print(f"largest difference of a logit between NumPy (float64) and PyTorch (float32): {np.abs(forward(w, c, ids) - theirs).max():.2e}")


def held_out_loss(w, c, tokenizer):
    context = c["max_position_embeddings"]
    totals = {}
    for document in documents(args.work / "heldout.jsonl"):
        ids = [0, *tokenizer.encode(document["text"])]
        totals.setdefault(document["source"], []).append((ids, len(document["text"])))
    total = sum(len(ids) for docs in totals.values() for ids, _ in docs)
    everything = []
    for source, docs in totals.items():
        starts = [(ids, start) for ids, _ in docs for start in range(0, len(ids) - context, context)]
        tokens = sum(len(ids) for ids, _ in docs)
        chosen = np.linspace(0, len(starts) - 1, max(1, round(args.windows * tokens / total))).astype(int)
        losses = []
        for ids, start in (starts[i] for i in chosen):
            window = ids[start : start + context + 1]
            probabilities = softmax(forward(w, c, window[:-1]))
            losses.append(-np.log(probabilities[np.arange(context), window[1:]]).mean())
        ratio = sum(n for _, n in docs) / tokens
        everything.append((np.mean(losses), len(losses), ratio))
        print(f"{source}: {np.mean(losses):.3f} nats a token, {np.mean(losses) / math.log(2) / ratio:.3f} bits a character ({len(losses)} windows)")
    count = sum(n for _, n, _ in everything)
    bits = sum(loss * n for loss, n, _ in everything) / math.log(2) / sum(n * ratio for _, n, ratio in everything)
    print(f"all: {sum(loss * n for loss, n, _ in everything) / count:.3f} nats a token, {bits:.3f} bits a character")


def complete(w, c, tokenizer, prompt):
    random = np.random.default_rng(1)
    ids = [0, *tokenizer.encode(prompt)]
    while len(ids) < args.length:
        logits = forward(w, c, ids)[-1]
        token = int(random.choice(len(logits), p=softmax(logits / args.temperature)))
        if token == c["eos_token_id"]:
            break
        ids.append(token)
    return tokenizer.decode(ids)


def main():
    w, c = read_safetensors(args.model / "model.safetensors"), json.loads((args.model / "config.json").read_text())
    tokenizer = Tokenizer(args.model / "tokenizer.json")
    if (args.work / "best.pt").exists():
        compare_with_torch(w, c, [0, *tokenizer.encode("In the beginning God created the heaven and the earth.")])
    if args.windows:
        held_out_loss(w, c, tokenizer)
    for prompt in args.prompt:
        print("---\n" + complete(w, c, tokenizer, prompt))


if __name__ == "__main__":
    main()
