"""BPE over SMILES: merges of whole tokens of the published expression, never of a part of one.

SMILES Pair Encoding (Li and Fourches, J. Chem. Inf. Model. 61 (2021), 1560) begins with the tokens of atoms
and bonds and merges the pair that occurs most often. The file is an ordinary byte-level tokenizer.json: its
first merges put the characters of each token that the corpus has together (`[`, `n`, `H`, `]` to `[nH]`), all
others merge what these made. So every library that reads such files cuts as it was learned; a bracket that
was not in the corpus is cut into smaller pieces, and nothing is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from tokscope.errors import UsageError
from tokscope.learning.training import NOTHING_TO_LEARN, check_special_tokens
from tokscope.structures.smiles import cut_smiles

_PRIVATE_USE = 0xF0000
"""The first of the characters that stand for tokens while the library learns: a plane for private use."""

_MAX_STAND_INS = 65_000


def learn_smiles_bpe(
    smiles: Iterable[str], vocab_size: int, *, min_frequency: int = 2, special: Sequence[str] = ()
) -> tokenizers.Tokenizer:
    """Learn BPE from SMILES.

    Example: learn_smiles_bpe(["CCO", "CCN"], 300).encode("CCC").tokens -> ["CC", "C"]

    Special tokens come first, then the 256 bytes, the tokens of the corpus, and what is merged of these. The
    same SMILES in the same order give the same file. Raises Flaw for what is not SMILES, and UsageError where
    there is nothing to learn or the vocabulary is too small for the corpus's tokens.
    """
    letters: dict[str, str] = {}
    engine = tokenizers.Tokenizer(models.BPE())
    # Its letters are fewer than the bytes and tokens of the file, so that this many merges are enough.
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, min_frequency=min_frequency, show_progress=False)
    engine.train_from_iterator(_lettered(smiles, letters), trainer)
    return _byte_tokenizer(_learned_merges(engine), letters, vocab_size, check_special_tokens(special))


def _lettered(smiles: Iterable[str], letters: dict[str, str]) -> Iterator[str]:
    """Write each token as one character."""
    for one in smiles:
        found = cut_smiles(one)
        for token in found:
            if token not in letters:
                if len(letters) == _MAX_STAND_INS:
                    raise UsageError(f"the corpus has more than {_MAX_STAND_INS:,} different tokens")
                letters[token] = chr(_PRIVATE_USE + len(letters))
        yield "".join(map(letters.__getitem__, found))


def _learned_merges(engine: tokenizers.Tokenizer) -> list[tuple[str, str]]:
    return [(left, right) for left, right in json.loads(engine.to_str())["model"]["merges"]]


def _byte_tokenizer(
    learned: Sequence[tuple[str, str]], letters: dict[str, str], vocab_size: int, special: Sequence[str]
) -> tokenizers.Tokenizer:
    """Make the tokenizer of bytes that cuts as was learned."""
    ids: dict[str, int] = {}
    for token in (*special, *sorted(pre_tokenizers.ByteLevel.alphabet())):
        ids.setdefault(token, len(ids))
    merges: list[tuple[str, str]] = []
    for token in letters:
        if token.isascii() and token.isprintable():  # others stay bytes
            _join(token, merges, ids)
    if vocab_size < len(ids):
        raise UsageError(
            f"--vocab-size {vocab_size} is too small for the corpus's tokens: at least {len(ids)}"
        )
    given = len(ids)
    spelled = {letter: token for token, letter in letters.items()}
    for left, right in learned:
        pair = ("".join(map(spelled.__getitem__, left)), "".join(map(spelled.__getitem__, right)))
        whole = "".join(pair)
        if len(ids) == vocab_size and whole not in ids:
            break
        if all(part in ids for part in pair):
            ids.setdefault(whole, len(ids))
            merges.append(pair)
    if len(ids) == given:
        raise UsageError(NOTHING_TO_LEARN)
    made = tokenizers.Tokenizer(models.BPE(ids, merges))
    made.add_special_tokens(list(special))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(tokenizers.Regex(r"\s"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    return made


def _join(token: str, merges: list[tuple[str, str]], ids: dict[str, int]) -> None:
    """Add the merges that make one token of its characters, after those that are there."""
    parts = list(token)
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    while len(parts) > 1:
        pairs = list(pairwise(parts))
        at = min(range(len(pairs)), key=lambda place: (ranks.get(pairs[place], len(ranks)), place))
        if pairs[at] not in ranks:  # the first two: what begins a token begins nothing else
            at = 0
            ranks[pairs[at]] = len(merges)
            merges.append(pairs[at])
            ids.setdefault("".join(pairs[at]), len(ids))
        parts[at : at + 2] = ["".join(pairs[at])]
