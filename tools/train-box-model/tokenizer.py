#!/usr/bin/env python3
"""A byte-level BPE tokenizer of 2,048 tokens: train it, write tokenizer.json, encode the corpus.

    python3 tokenizer.py WORK_DIR

Reads WORK_DIR/train.jsonl and heldout.jsonl (prepare.py); writes WORK_DIR/tokenizer.json in the format of the Hugging
Face `tokenizers` library, and train.bin / heldout.bin: little-endian uint16 ids, documents shuffled with a fixed seed,
each preceded by <|endoftext|>. Standard library only.

Byte alphabet and word splitting are GPT-2's (Radford et al. 2019; encoder.py of the release), training is Sennrich et
al. 2016, algorithm 1: the most frequent pair is merged, ties broken by the smaller pair of ids.
"""
import array
import collections
import heapq
import json
import random
import re
import sys
from pathlib import Path

VOCABULARY = 2048
END_OF_TEXT = "<|endoftext|>"
# GPT-2's pattern; Python's re has no \p{L} and \p{N}, [^\W\d_] and \d are the same on the characters of this corpus.
WORD = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def byte_alphabet():
    """The printable character that stands for each byte (GPT-2's bytes_to_unicode), in the order of token ids."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    order = printable + [b for b in range(256) if b not in printable]
    symbols = [chr(b) for b in printable] + [chr(256 + i) for i in range(256 - len(printable))]
    return dict(zip(order, symbols))


def initial_vocabulary():
    """({symbol: id}, {byte: id}): <|endoftext|> is 0, the 256 bytes follow."""
    alphabet = byte_alphabet()
    ids = {byte: 1 + i for i, byte in enumerate(alphabet)}
    return {END_OF_TEXT: 0, **{alphabet[byte]: ids[byte] for byte in alphabet}}, ids


def merge_word(word, pair, merged):
    """`word` (a list of ids) with every occurrence of `pair` replaced by `merged`, left to right."""
    out, i = [], 0
    while i < len(word):
        if i + 1 < len(word) and word[i] == pair[0] and word[i + 1] == pair[1]:
            out.append(merged)
            i += 2
        else:
            out.append(word[i])
            i += 1
    return out


def train(texts):
    """The merges, as pairs of ids, that bring the vocabulary to VOCABULARY."""
    _, byte_ids = initial_vocabulary()
    counts = collections.Counter()
    for text in texts:
        counts.update(WORD.findall(text))
    words = [[byte_ids[b] for b in word.encode()] for word in counts]
    frequency = list(counts.values())
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for index, word in enumerate(words):
        for pair in zip(word, word[1:]):
            pairs[pair] += frequency[index]
            where[pair].add(index)
    heap = [(-count, pair) for pair, count in pairs.items()]
    heapq.heapify(heap)
    merges, next_id = [], 1 + 256
    while next_id < VOCABULARY:
        count, pair = heapq.heappop(heap)
        if -count != pairs[pair]:
            if pairs[pair] > 0:
                heapq.heappush(heap, (-pairs[pair], pair))  # the entry was stale
            continue
        merges.append(pair)
        touched = set()
        for index in where.pop(pair):
            old, new = words[index], merge_word(words[index], pair, next_id)
            for p in zip(old, old[1:]):
                pairs[p] -= frequency[index]
            for p in zip(new, new[1:]):
                pairs[p] += frequency[index]
                where[p].add(index)
                touched.add(p)
            words[index] = new
        for p in touched:
            heapq.heappush(heap, (-pairs[p], p))
        next_id += 1
    return merges


def tokenizer_json(merges):
    """The tokenizer as Hugging Face stores it: BPE model, byte-level splitting and decoding, <|endoftext|> in front."""
    vocabulary, _ = initial_vocabulary()
    symbols = list(vocabulary)
    pairs = []
    for a, b in merges:
        pairs.append(f"{symbols[a]} {symbols[b]}")
        vocabulary[symbols[a] + symbols[b]] = len(symbols)
        symbols.append(symbols[a] + symbols[b])
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    special = {"SpecialToken": {"id": END_OF_TEXT, "type_id": 0}}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": 0, "content": END_OF_TEXT, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        ],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [special, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": END_OF_TEXT, "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {END_OF_TEXT: {"id": END_OF_TEXT, "ids": [0], "tokens": [END_OF_TEXT]}},
        },
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": pairs,
        },
    }


class Tokenizer:
    """Encodes and decodes with a tokenizer.json written by this file."""

    def __init__(self, path):
        model = json.loads(Path(path).read_text("utf8"))["model"]
        vocabulary = model["vocab"]
        self.bytes_of = {symbol: byte for byte, symbol in byte_alphabet().items()}
        self.symbols = list(vocabulary)
        self.byte_ids = {byte: vocabulary[symbol] for byte, symbol in byte_alphabet().items()}
        self.ranks = {}
        for rank, pair in enumerate(model["merges"]):
            a, b = pair.split(" ")
            self.ranks[(vocabulary[a], vocabulary[b])] = (rank, vocabulary[a + b])
        self.cache = {}

    def word(self, word):
        """The ids of one pre-split word: the merge of lowest rank first, until none applies."""
        if word not in self.cache:
            ids = [self.byte_ids[b] for b in word.encode()]
            while True:
                candidates = [(self.ranks[p], p) for p in zip(ids, ids[1:]) if p in self.ranks]
                if not candidates:
                    break
                (_, merged), pair = min(candidates)
                ids = merge_word(ids, pair, merged)
            self.cache[word] = ids
        return self.cache[word]

    def encode(self, text):
        return [i for word in WORD.findall(text) for i in self.word(word)]

    def decode(self, ids):
        return bytes(self.bytes_of[c] for i in ids if i != 0 for c in self.symbols[i]).decode("utf8", "replace")


def documents(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines]


def main():
    work = Path(sys.argv[1])
    training = documents(work / "train.jsonl")
    merges = train(d["text"] for d in training)
    (work / "tokenizer.json").write_text(json.dumps(tokenizer_json(merges), ensure_ascii=False, indent=2) + "\n", "utf8")
    tokenizer = Tokenizer(work / "tokenizer.json")
    random.Random(1).shuffle(training)
    for name, docs in (("train", training), ("heldout", documents(work / "heldout.jsonl"))):
        ids = array.array("H")
        for document in docs:
            encoded = tokenizer.encode(document["text"])
            if tokenizer.decode(encoded) != document["text"]:
                raise ValueError(f"{document['name']}: does not survive encoding and decoding")
            ids.append(0)
            ids.extend(encoded)
        ids.tofile(open(work / f"{name}.bin", "wb"))
        characters = sum(len(d["text"]) for d in docs)
        print(f"{name}: {len(ids)} tokens, {characters} characters, {characters / len(ids):.3f} characters a token")


if __name__ == "__main__":
    main()
