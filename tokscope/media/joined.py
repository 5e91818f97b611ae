"""A tokenizer and the media rules of the model that it was asked for by: what it makes of any file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache

from tokscope.errors import InputError, MissingExtra, TokenizerError, Unsupported
from tokscope.media import pdf
from tokscope.media.counting import MediaCount, count_medium
from tokscope.media.medium import Medium, read_medium
from tokscope.media.rules import Asked, candidates
from tokscope.media.source import Source
from tokscope.tokenizer import Kind, Tokenizer


def refused_together(counts: Sequence[MediaCount], model: str, asked: Asked) -> str:
    """Say which pictures are rejected where all are in one request; "" if none.

    Example: refused_together([large] * 21, "claude-opus-5-5", Asked()) ->
    "of these 21 pictures in one request, claude-opus-5-5 rejects 21: a side of 3,000 pixels; ..."

    What a model rejects of one picture alone is not looked at.
    """
    pictures = [one for one in counts if one.kind == "picture" and one.tokens is not None]
    in_one = asked._replace(together=max(len(pictures), 1))
    sizes = {(one.width, one.height) for one in pictures}
    said = {size: count_medium(Medium("picture", "", 0, *size), model, in_one).rejected for size in sizes}
    refused = [said[one.width, one.height] for one in pictures if said[one.width, one.height]]
    if not refused:
        return ""
    why = refused[0].partition(": ")[2]
    return f"of these {len(pictures):,} pictures in one request, {model} rejects {len(refused):,}: {why}"


@cache
def has_rule(model: str, kind: str) -> bool:
    """Say whether there is a rule by which a model takes a kind of file.

    Example: has_rule("whisper", "sound") -> True; has_rule("o200k_base", "picture") -> False
    """
    with suppress(Unsupported):  # it has one, for another detail
        return any(rule.rule != "none" for rule in candidates(model, kind, Asked()))
    return True


def measure_file(source: Source) -> Medium:
    """Read a file's measures. Raises InputError, even where a package is missing that reads it.

    Example: measure_file(Source(file, "photo.png")).width -> 1024
    """
    try:
        return read_medium(source)
    except MissingExtra as error:
        raise InputError(source.path, str(error)) from error


def count_file(source: Source, medium: Medium, tokenizer: Tokenizer, asked: Asked, model: str) -> MediaCount:
    """Count a file for a tokenizer: by its model's rule, and the text of a PDF by the tokenizer itself.

    Example: count_file(source, measure_file(source), load("gpt-4o"), Asked(), "gpt-4o").tokens -> 765

    `model` is the name by which the rules know the tokenizer's model. Raises Unsupported and UsageError as
    counting.count_medium() does, and InputError for a damaged PDF.
    """
    own = tokenizer.layout(medium.width, medium.height) if medium.kind == "picture" else None
    if own is not None:
        return MediaCount(
            *("picture", medium.width, medium.height, 0.0, 0, 0, own.tokens, own.tokens, own.tokens, True),
            *(f"{own.columns} x {own.rows} patches", "", tokenizer.name),
            cells=own.cells,
            codes=tokenizer.vocab_size or 0,
        )

    def texts() -> Iterator[int]:
        for text in pdf.page_texts(source):
            yield tokenizer.count(text)

    page_texts = None
    if medium.kind == "pdf":
        with suppress(TokenizerError):  # one that takes no text leaves it uncounted, which the note says
            tokenizer.count("")
            page_texts = texts
    found = count_medium(medium, model, asked, page_texts)
    return _advised(found, tokenizer, model) if found.tokens is None and not found.rejected else found


def _advised(found: MediaCount, tokenizer: Tokenizer, model: str) -> MediaCount:
    """Say of a file without a rule what is taken instead, and who takes such a file."""
    kinds = [kind for kind in Kind if kind in tokenizer.takes or has_rule(model, kind)]
    *most, last = (kind.several for kind in kinds)
    takes = f"{', '.join(most)} and {last}" if most else last
    who = f"tokscope list {found.kind} names models with one"
    return found._replace(note=f"{found.note}; takes {takes}: {who}")
