"""The stages of a tokenizer.json, watched in the `tokenizers` library, and its models explained by type."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import tokenizers
from tokenizers import pre_tokenizers

from tokscope.report.trace import Facts, Forest, Graph, Graphs, Grown, Step, Tree
from tokscope.tracing.lattice import MOST_PROBABLE, UNKNOWN_PENALTY, best_paths, lattice, lattice_graph
from tokscope.tracing.longest_match import Match, longest_matches
from tokscope.tracing.merges import BY_RANK, merge_symbols
from tokscope.tracing.steps import normalization_step, pre_tokenized, special_found

Show = Callable[[str], bytes]
"""From a token of the vocabulary to the bytes that it spells."""


class Segment(NamedTuple):
    """A part of the text as a stage leaves it; `ids` are those of an added token, None where it is text.

    Example: Segment("[MASK]", [103])
    """

    text: str
    ids: list[int] | None


class _Watcher:
    """A pre-tokenizer that changes nothing and remembers what it was given."""

    def __init__(self) -> None:
        self.seen: list[Segment] = []

    def pre_tokenize(self, pretok: tokenizers.PreTokenizedString) -> None:
        """Remember the parts of the text; those that are added tokens have their tokens already.

        Example: of "cafe au" it remembers [Segment("cafe au", None)]
        """
        self.seen = [
            Segment(text, None if tokens is None else [token.id for token in tokens])
            for text, _, tokens in pretok.get_splits(offset_referential="original", offset_type="char")
        ]


def stages_of_text(engine: tokenizers.Tokenizer, text: str) -> tuple[list[Segment], list[Segment]]:
    """Give the parts of a text after normalization, and after pre-tokenization, as `engine` makes them.

    Example: "Café au" under BERT -> [cafe au], [cafe, au]

    Python has no way to ask for these stages where there are added tokens. So two watchers stand around the
    engine's own pre-tokenizer for the time of one call.
    """
    before, after = _Watcher(), _Watcher()
    own = engine.pre_tokenizer
    stages = [
        pre_tokenizers.PreTokenizer.custom(before),
        *([] if own is None else [own]),
        pre_tokenizers.PreTokenizer.custom(after),
    ]
    try:
        engine.pre_tokenizer = pre_tokenizers.Sequence(stages)
        engine.encode(text, add_special_tokens=False)
    finally:
        engine.pre_tokenizer = own
    return before.seen, after.seen


def explain_engine(
    engine: tokenizers.Tokenizer, model: Mapping[str, Any], text: str, show: Show, *, special: bool
) -> tuple[list[Step], list[int]]:
    """Explain how `engine` cuts a text: the steps up to the model's, and the ids that they give.

    Example: explain_engine(engine, model, "Hi", str.encode, special=False)[1] -> [7632]

    `model` is the engine's as its tokenizer.json has it; `show` gives the bytes that a token spells;
    `special` says that special tokens are looked for in the text.
    """
    normal, pieces = stages_of_text(engine, text)
    steps = []
    added = [part.text for part in normal if part.ids is not None]
    if special or added:
        steps.append(special_found(added))
    after = "".join(part.text for part in normal)
    steps.append(normalization_step(text, after, _stage_types(engine.normalizer)))
    how = _stage_types(engine.pre_tokenizer) or "none"
    steps.append(pre_tokenized([show(part.text) for part in pieces], how))
    words = [part.text for part in pieces if part.ids is None]
    step, ids_of_words = EXPLAINERS[model["type"]](model, words, show)
    of_words = iter(ids_of_words)
    ids: list[int] = []
    for part in pieces:
        ids += next(of_words) if part.ids is None else part.ids
    return [*steps, step], ids


def _stage_types(stage: Any) -> str:
    """Name a normalizer or a pre-tokenizer by its types, in order."""
    if stage is None:
        return ""
    state = json.loads(stage.__getstate__())
    parts = state.get("normalizers") or state.get("pretokenizers") or [state]
    return ", ".join(_describe_stage(part) for part in parts)


def _describe_stage(part: Mapping[str, Any]) -> str:
    """Say what one normalizer or pre-tokenizer does: in words where it is BERT's, else its type."""
    if part["type"] != "BertNormalizer":
        return str(part["type"])
    strips = part["strip_accents"] if part["strip_accents"] is not None else part["lowercase"]
    done = [
        ("clean_text", "cleaned"),
        ("handle_chinese_chars", "Han set apart"),
        ("lowercase", "lower case"),
    ]
    said = [words for key, words in done if part[key]]
    return ", ".join([*said, "no accents"] if strips else said)


def _explain_bpe(model: Mapping[str, Any], words: Sequence[str], show: Show) -> tuple[Step, list[list[int]]]:
    """Explain BPE by merge list."""
    vocabulary: dict[str, int] = model["vocab"]
    prefix: str = model["continuing_subword_prefix"] or ""
    pairs = [tuple(pair.split(" ")) if isinstance(pair, str) else tuple(pair) for pair in model["merges"]]
    ranks = {pair: rank for rank, pair in enumerate(pairs)}

    def merge(left: str, right: str) -> tuple[float, str] | None:
        rank = ranks.get((left, right))
        return None if rank is None else (rank, left + right[len(prefix) :])

    grown, ids = [], []
    for word in words:
        if model["ignore_merges"] and word in vocabulary:
            grown.append(Grown(show(word), (Tree(show(word)),)))
            ids.append([vocabulary[word]])
            continue
        symbols, dropped = _symbols(model, word)
        symbols, trees = merge_symbols(symbols, merge, lambda order: {"rank": int(order)}, show)
        trees += [Tree(show(char), {"why": "not in the vocabulary: dropped"}) for char in dropped]
        grown.append(Grown(show(word), trees))
        ids.append([vocabulary[symbol] for symbol in symbols])
    return Step("merges", BY_RANK, (Forest(grown),)), ids


def _symbols(model: Mapping[str, Any], word: str) -> tuple[list[str], list[str]]:
    """Give the symbols that a word's merges begin with, its characters, and those that are dropped."""
    vocabulary, unknown = model["vocab"], model["unk_token"]
    symbols: list[str] = []
    dropped: list[str] = []
    for i, char in enumerate(word):
        prefix = (model["continuing_subword_prefix"] or "") if i else ""
        suffix = (model["end_of_word_suffix"] or "") if i == len(word) - 1 else ""
        symbol = f"{prefix}{char}{suffix}"
        of_bytes = [f"<0x{byte:02X}>" for byte in symbol.encode()]
        if symbol in vocabulary:
            symbols.append(symbol)
        elif model["byte_fallback"] and all(byte in vocabulary for byte in of_bytes):
            symbols += of_bytes
        elif unknown is None:
            dropped.append(char)
        elif not (model["fuse_unk"] and symbols and symbols[-1] == unknown):
            symbols.append(unknown)
    return symbols, dropped


def _word_piece(model: Mapping[str, Any], words: Sequence[str], show: Show) -> tuple[Step, list[list[int]]]:
    """Explain WordPiece."""
    vocabulary: dict[str, int] = model["vocab"]
    unknown: str = model["unk_token"]
    prefix: str = model["continuing_subword_prefix"]
    longest: int = model["max_input_chars_per_word"]
    grown, ids = [], []
    for word in words:
        found = longest_matches(word, vocabulary.get, prefix) if len(word) <= longest else []
        if found and found[-1].piece is not None:
            facts = [{}] if len(found) == 1 else map(_tried, found)
            trees = [Tree((one.piece or "").encode(), said) for one, said in zip(found, facts, strict=True)]
            ids.append([one.id for one in found if one.id is not None])
        else:
            why = (
                {"why": "nothing matches", **_tried(found[-1])}
                if found
                else {"why": f"over {longest} characters"}
            )
            trees = [Tree(unknown.encode(), why)]
            ids.append([vocabulary[unknown]])
        grown.append(Grown(show(word), trees))
    says = f"the longest piece in the vocabulary, from left to right; {unknown} where nothing matches"
    return Step("longest match", says, (Forest(grown),)), ids


def _tried(match: Match) -> Facts:
    return {"tries": len(match.tried), "tried": match.said}


def _word_level(model: Mapping[str, Any], words: Sequence[str], show: Show) -> tuple[Step, list[list[int]]]:
    """Explain a vocabulary of whole words."""
    vocabulary: dict[str, int] = model["vocab"]
    unknown: str = model["unk_token"]
    grown = [
        Grown(
            show(word),
            [Tree(show(word)) if word in vocabulary else Tree(unknown.encode(), {"why": "no such word"})],
        )
        for word in words
    ]
    step = Step("look-up", f"each word as it is; {unknown} where there is no such word", (Forest(grown),))
    return step, [[vocabulary[word if word in vocabulary else unknown]] for word in words]


def _explain_unigram(
    model: Mapping[str, Any], words: Sequence[str], show: Show
) -> tuple[Step, list[list[int]]]:
    """Explain Unigram."""
    vocabulary = {piece: (token_id, score) for token_id, (piece, score) in enumerate(model["vocab"])}
    unknown_score = min(score for _, score in model["vocab"]) - UNKNOWN_PENALTY
    longest = max(map(len, vocabulary), default=0)
    graphs: list[Graph] = []
    ids = []
    for word in words:
        pieces = lattice(word, vocabulary.get, longest, unknown_score)
        paths = best_paths(pieces, len(word))
        graphs.append(lattice_graph(word, pieces, paths))
        made: list[int] = []
        unknown = ""
        for piece in (*paths[0][1], None):
            if piece is not None and piece.id is None:
                unknown += piece.text  # unknown characters in a row are one
                continue
            if unknown:
                made += _unknown_ids(unknown, model, vocabulary)
                unknown = ""
            if piece is not None and piece.id is not None:
                made.append(piece.id)
        ids.append(made)
    return Step("lattice", MOST_PROBABLE, (Graphs(graphs),)), ids


def _unknown_ids(
    text: str, model: Mapping[str, Any], vocabulary: Mapping[str, tuple[int, float]]
) -> list[int]:
    """Give the ids of unknown characters: their bytes' where the model has those."""
    of_bytes = [f"<0x{byte:02X}>" for byte in text.encode()]
    if model["byte_fallback"] and all(byte in vocabulary for byte in of_bytes):
        return [vocabulary[byte][0] for byte in of_bytes]
    return [model["unk_id"]]


EXPLAINERS = {
    "BPE": _explain_bpe,
    "WordPiece": _word_piece,
    "WordLevel": _word_level,
    "Unigram": _explain_unigram,
}
"""What explains each type of model that `tokenizers` has: words -> a step, and the ids of each word."""
