#!/usr/bin/env python3
"""Train the model in the box on the CPU.

    nice -n 19 python3 train.py WORK_DIR [--minutes 110] [--tokens 40000000] [--threads 2]

Reads WORK_DIR/train.bin and heldout.bin (tokenizer.py). Keeps WORK_DIR/checkpoint.pt (everything needed to go on),
WORK_DIR/best.pt (the weights of the best held-out loss so far) and WORK_DIR/log.jsonl. Started again, it goes on from the
checkpoint; files are written aside and renamed, so that killing it at any moment is safe.

Optimisers: Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks") for the matrices of the
layers, AdamW for embedding and norm gains. The learning rate warms up, then falls linearly to 0 as training reaches
--tokens or --minutes, whichever comes first (minutes accumulate over restarts). Training stops early when the held-out
loss has not improved for --patience evaluations.
"""
import argparse
import json
import math
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait sleep instead of spinning: others use this machine

import numpy as np
import torch
import torch.nn.functional as F

from model import CONFIG, Llama

parser = argparse.ArgumentParser()
parser.add_argument("work", type=Path)
parser.add_argument("--minutes", type=float, default=110)
parser.add_argument("--tokens", type=float, default=40e6)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--batch", type=int, default=8192, help="tokens a step")
parser.add_argument("--short", type=float, default=0.3, help="part of training in windows of 128 tokens, before 256")
parser.add_argument("--muon-lr", type=float, default=0.02)
parser.add_argument("--adam-lr", type=float, default=0.003)
parser.add_argument("--patience", type=int, default=6)
parser.add_argument("--eval-every", type=int, default=100)
parser.add_argument("--steps", type=int, default=0, help="stop after so many steps (for timing)")
args = parser.parse_args()

WARMUP_STEPS = 30
CONTEXT = CONFIG["max_position_embeddings"]
torch.set_num_threads(args.threads)


def orthogonalise(g):
    """Newton-Schulz iteration towards the nearest semi-orthogonal matrix (quintic, coefficients of Muon's authors)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16()
    tall = x.shape[0] > x.shape[1]
    x = x.T.contiguous() if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        s = x @ x.T
        x = a * x + (b * s + c * (s @ s)) @ x
    return (x.T if tall else x).float()


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.95, weight_decay=0.1):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if "m" not in state:
                    state["m"] = torch.zeros_like(p)
                state["m"].lerp_(p.grad, 1 - group["momentum"])
                update = orthogonalise(p.grad.lerp(state["m"], group["momentum"]))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(update, alpha=-group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5)


def sentence_starts(ids, vocabulary):
    """(positions of one-token words that begin a sentence, the id of each token without its leading space or -1)."""
    symbols = list(vocabulary)
    ends = np.isin(ids, [i for i, s in enumerate(symbols) if s in (".", "?", "!", '."', '?"', '!"')])
    breaks = np.isin(ids, [vocabulary[s] for s in ("\u010a", "<|endoftext|>")])  # newline
    spaced = np.array([s.startswith("\u0120") for s in symbols])  # space
    bare = np.array([vocabulary.get(s[1:], -1) if s.startswith("\u0120") else i for i, s in enumerate(symbols)])
    word_over = np.array([s[0] in "\u0120\u010a" or not (s[0].isalnum() or s[0] == "'") for s in symbols])
    begins = np.where(spaced[ids[1:-1]], ends[:-2], breaks[:-2]) & (bare[ids[1:-1]] >= 0) & word_over[ids[2:]]
    return np.flatnonzero(begins) + 1, bare


def draw(ids, starts, bare, window, count, seed):
    """`count` windows of window + 1 ids. Every other one begins <|endoftext|> and a sentence, as prompts will."""
    random = np.random.default_rng(seed)
    at = random.integers(0, len(ids) - 2 * CONTEXT, count)
    batch = np.stack([ids[s : s + window + 1] for s in at]).astype(np.int64)
    last = len(ids) - CONTEXT - 1
    for row in range(0, count, 2):
        s = min(starts[np.searchsorted(starts, at[row]) % len(starts)], last)
        batch[row] = [0, bare[ids[s]], *ids[s + 1 : s + window]]
    return batch


def save(path, value):
    """Write aside, then rename."""
    torch.save(value, f"{path}.tmp")
    os.replace(f"{path}.tmp", path)


def evaluate(model, ids, windows):
    """Mean loss in nats a token over `windows` equally spaced windows of the held-out ids (all of them for None)."""
    count = (len(ids) - 1) // CONTEXT
    chosen = range(count) if windows is None else np.linspace(0, count - 1, windows).astype(int)
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(chosen), 16):
            batch = np.stack([ids[i * CONTEXT : i * CONTEXT + CONTEXT + 1] for i in chosen[start : start + 16]]).astype(np.int64)
            x = torch.from_numpy(batch)
            logits = model(x[:, :-1])
            total += F.cross_entropy(logits.flatten(0, 1), x[:, 1:].flatten(), reduction="sum").item()
    return total / (len(chosen) * CONTEXT)


def main():
    work = args.work
    train_ids = np.fromfile(work / "train.bin", "<u2")
    held_out = np.fromfile(work / "heldout.bin", "<u2")
    starts, bare = sentence_starts(train_ids, json.loads((work / "tokenizer.json").read_text("utf8"))["model"]["vocab"])
    corpus = json.loads((work / "corpus.json").read_text())
    characters = sum(c["heldout_characters"] for c in corpus.values()) / len(held_out)
    torch.manual_seed(1)
    model = Llama(CONFIG, amp=True)
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and "embed" not in n]
    rest = [p for n, p in model.named_parameters() if p.dim() == 1 or "embed" in n]
    muon = Muon(matrices, args.muon_lr)
    adam = torch.optim.AdamW(rest, lr=args.adam_lr, betas=(0.9, 0.98), weight_decay=0.0)
    state = {"step": 0, "tokens": 0, "seconds": 0.0, "best": math.inf, "stale": 0}
    if (work / "checkpoint.pt").exists():
        saved = torch.load(work / "checkpoint.pt")
        model.load_state_dict(saved["model"])
        muon.load_state_dict(saved["muon"])
        adam.load_state_dict(saved["adam"])
        state = saved["state"]
    print(f"{sum(p.numel() for p in model.parameters())} parameters, {len(train_ids)} training tokens, step {state['step']}", flush=True)
    clock, loss_sum, loss_count, resumed_at = time.time(), 0.0, 0, state["step"]
    while True:
        now = time.time()
        state["seconds"] += now - clock
        clock = now
        progress = max(state["tokens"] / args.tokens, state["seconds"] / 60 / args.minutes)
        done = bool(progress >= 1 or (args.steps and state["step"] >= args.steps))
        if state["step"] % args.eval_every == 0 and state["step"] != resumed_at or done:
            loss = evaluate(model, held_out, None if done and not args.steps else 96)
            record = {
                "step": state["step"],
                "tokens": state["tokens"],
                "minutes": round(state["seconds"] / 60, 2),
                "train_loss": round(loss_sum / max(loss_count, 1), 4),
                "heldout_loss": round(loss, 4),
                "bits_per_character": round(loss / math.log(2) / characters, 4),
                "final": done,
            }
            loss_sum, loss_count = 0.0, 0
            state["stale"] = 0 if loss < state["best"] else state["stale"] + 1
            if loss < state["best"] or done:
                state["best"] = loss
                save(work / "best.pt", {"model": model.state_dict(), "config": CONFIG, "record": record})
            save(work / "checkpoint.pt", {"model": model.state_dict(), "muon": muon.state_dict(), "adam": adam.state_dict(), "state": state})
            with open(work / "log.jsonl", "a") as log:
                log.write(json.dumps(record) + "\n")
            print(json.dumps(record), flush=True)
            if done or state["stale"] >= args.patience:
                return
        rate = min(1, (state["step"] + 1) / WARMUP_STEPS) * (1 - progress)
        for group in muon.param_groups:
            group["lr"] = args.muon_lr * rate
        for group in adam.param_groups:
            group["lr"] = args.adam_lr * rate
        window = CONTEXT // 2 if progress < args.short else CONTEXT
        # the seed is the step: a restart sees what it would have seen
        x = torch.from_numpy(draw(train_ids, starts, bare, window, args.batch // window, state["step"]))
        model.zero_grad(set_to_none=True)
        for part in x.split(4096 // window):
            logits = model(part[:, :-1])
            loss = F.cross_entropy(logits.flatten(0, 1), part[:, 1:].flatten()) * (len(part) / len(x))
            loss.backward()
            loss_sum += loss.item()
        loss_count += 1
        torch.nn.utils.clip_grad_norm_(rest, 1.0)
        muon.step()
        adam.step()
        state["step"] += 1
        state["tokens"] += x.shape[0] * window


if __name__ == "__main__":
    main()
