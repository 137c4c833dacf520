#!/usr/bin/env python3
"""Write trained weights as a Hugging Face folder.

    python3 export.py WORK_DIR MODEL_DIR

Takes WORK_DIR/best.pt and tokenizer.json; writes model.safetensors (float16, tied embedding stored once), config.json,
generation_config.json, tokenizer.json and tokenizer_config.json. A weight that float16 cannot hold is an error.
"""
import json
import os
import struct
import sys
from pathlib import Path

import numpy as np
import torch

from tokenizer import END_OF_TEXT


def safetensors(tensors):
    """The bytes of a safetensors file: header length (8 bytes, little-endian), JSON header, tensors in the order of names."""
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name in sorted(tensors):
        size = tensors[name].nbytes
        header[name] = {"dtype": "F16", "shape": list(tensors[name].shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(tensors[name].tobytes() for name in sorted(tensors))


def main():
    work, folder = Path(sys.argv[1]), Path(sys.argv[2])
    best = torch.load(work / "best.pt")
    tensors = {name: p.numpy().astype("<f2") for name, p in best["model"].items()}
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise ValueError(f"{name}: not finite in float16")
    files = {
        "model.safetensors": safetensors(tensors),
        "config.json": best["config"],
        "generation_config.json": {"_from_model_config": True, "bos_token_id": 0, "eos_token_id": 0, "transformers_version": "4.44.0"},
        "tokenizer.json": json.loads((work / "tokenizer.json").read_text("utf8")),
        "tokenizer_config.json": {
            "add_bos_token": True,
            "add_prefix_space": False,
            "bos_token": END_OF_TEXT,
            "clean_up_tokenization_spaces": False,
            "eos_token": END_OF_TEXT,
            "model_max_length": best["config"]["max_position_embeddings"],
            "tokenizer_class": "PreTrainedTokenizerFast",
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = content if isinstance(content, bytes) else (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
        (folder / f"{name}.tmp").write_bytes(data)
        os.replace(folder / f"{name}.tmp", folder / name)
    print(json.dumps(best["record"]), sum(t.size for t in tensors.values()), "parameters")


if __name__ == "__main__":
    main()
