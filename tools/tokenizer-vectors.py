#!/usr/bin/env python3
"""Writes tests/vectors/tokenizers.json: small tokenizers of every supported kind, and what the tokenizers library makes
of awkward texts. Made with tokenizers 0.23.2:

    python3 tools/tokenizer-vectors.py
"""

import json
import os
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
# The opening of Moby Dick (public domain), and a little of what it lacks.
CORPUS = [
    "Call me Ishmael. Some years ago--never mind how long precisely--having little or no money in my purse, and nothing"
    " particular to interest me on shore, I thought I would sail about a little and see the watery part of the world. It"
    " is a way I have of driving off the spleen and regulating the circulation. Whenever I find myself growing grim about"
    " the mouth; whenever it is a damp, drizzly November in my soul; whenever I find myself involuntarily pausing before"
    " coffin warehouses, and bringing up the rear of every funeral I meet; then, I account it high time to get to sea.",
    "It's 1851, don't you know? We'll see; they're I've he'd I'm. été naïve 日本語 12345 100\n\n  indented\ttabs\r\n",
]
MODERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def train(tokenizer, size, special, alphabet):
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def gpt2():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    train(t, 360, ["<|endoftext|>"], pre_tokenizers.ByteLevel.alphabet())
    t.post_processor = processors.TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)]
    )
    return t


def gpt2_prefix():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return train(t, 330, ["<|endoftext|>"], pre_tokenizers.ByteLevel.alphabet())


def modern(numbers, ignore_merges):
    t = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    t.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(MODERN % numbers), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    t.decoder = decoders.ByteLevel()
    return train(t, 360, ["<|begin|>", "<|end|>"], pre_tokenizers.ByteLevel.alphabet())


def qwen2():
    t = modern("", False)
    t.normalizer = normalizers.NFC()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    t.add_tokens([AddedToken("<tool>", normalized=False)])
    return t


def llama3():
    t = modern("{1,3}", True)
    t.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single="<|begin|> $A <|end|>", special_tokens=[("<|begin|>", 0), ("<|end|>", 1)]),
        ]
    )
    return t


def sentencepiece(t):
    """A trained model with the byte pieces put where LLaMA has them."""
    train(t, 150, ["<unk>", "<s>", "</s>"], [])
    model = json.loads(t.to_str())["model"]
    pieces = ["<unk>", "<s>", "</s>", *BYTES] + [piece for piece in model["vocab"] if piece not in ("<unk>", "<s>", "</s>")]
    merges = [tuple(merge) if isinstance(merge, list) else tuple(merge.split(" ")) for merge in model["merges"]]
    t.model = models.BPE(
        {piece: token for token, piece in enumerate(pieces)}, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True
    )
    t.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return t


def llama2():
    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    # Trained on words, as SentencePiece does it; used on whole texts.
    t.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="never")
    sentencepiece(t)
    t.pre_tokenizer = None
    return t


def metaspace(scheme, split):
    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    t.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme=scheme)
    sentencepiece(t)
    t.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme=scheme, split=split)
    t.decoder = decoders.Metaspace(replacement="▁", prepend_scheme=scheme)
    return t


def metaspace_first():
    t = metaspace("first", False)
    t.add_tokens([AddedToken("sail away", normalized=True)])
    return t


def unknown():
    """No bytes to fall back on."""
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    t.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    t.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    return train(t, 120, ["<unk>"], [])


def texts():
    fixed = [
        "Call me Ishmael.", "", " ", "  two  spaces ", "don't I'VE we'Ll 'S '\u017f x", "tabs\t\tand\nnewlines\r\n\r\n  end\n",
        "été naïve ½ ① 12345 ٣٤٥", "日本語のテキスト。", "🙂👩‍👧 emoji", "a<|endoftext|>b <|endoftext|> ", "<s>hello</s> world <unk>",
        "\u0085\ufeff\u00a0\u2003x \u3000", "▁already▁marked", "a" * 70, "ab" * 40 + " " * 20 + "c", "<0x0A> literal",
        "e\u0301 combining \u212b", "x\x00y\x7f", "\U0010ffff", "<|begin|>Hi<|end|> <tool>", "we sail away, sail away", "sail away",
    ]  # fmt: skip
    rng = random.Random(7)
    letters = "aeiou tsrn  ''\n\r\t.,!?0123456789éßñ日🙂\u00a0\u0085<>|▁\u017f"
    mixed = ["".join(rng.choice(letters) for _ in range(rng.randint(1, 40))) for _ in range(40)]
    words = " ".join(CORPUS).split(" ")
    return fixed + mixed + [" ".join(rng.choice(words) for _ in range(rng.randint(1, 20))) for _ in range(20)]


def main():
    made = {
        "gpt2": gpt2(),
        "gpt2 with a space before": gpt2_prefix(),
        "qwen2": qwen2(),
        "llama 3": llama3(),
        "llama 2": llama2(),
        "metaspace always, split": metaspace("always", True),
        "metaspace first": metaspace_first(),
        "metaspace never": metaspace("never", True),
        "unknown characters": unknown(),
    }
    inputs = texts()
    vectors = []
    for name, t in made.items():
        ids = [t.encode(text).ids for text in inputs]
        plain = [t.encode(text, add_special_tokens=False).ids for text in inputs]
        partial = [[token for i, token in enumerate(row) if i % 3 != 1] for row in ids]
        vectors.append(
            {
                "name": name,
                "tokenizer": json.loads(t.to_str()),
                "ids": ids,
                "plain": plain,
                "decoded": [t.decode(row) for row in ids],
                "partial": [t.decode(row, skip_special_tokens=False) for row in partial],
            }
        )
    with open(os.path.join(ROOT, "tests/vectors/tokenizers.json"), "w") as file:
        lines = ",\n".join(json.dumps(vector, separators=(",", ":")) for vector in vectors)
        file.write('{"texts":' + json.dumps(inputs) + ',\n"tokenizers":[\n' + lines + "\n]}\n")


main()
