"""The steps that the traces of several families share, and the last ones, which every trace ends in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tokscope.errors import Unsupported
from tokscope.report.trace import PreTokens, Rewrite, Step, Tokens, Trace
from tokscope.split import Split
from tokscope.text.quantity import quantity

if TYPE_CHECKING:
    from tokscope.tokenizer import Tokenizer


def finished(
    tokenizer: Tokenizer,
    text: str,
    steps: Sequence[Step],
    made: Sequence[int | str],
    around: tuple[int, int] | None = None,
) -> Trace:
    """Add the last steps, from `encode` itself, after holding what the steps before `made` against it.

    Example: finished(load("byte"), "Hi", steps, [72, 105]) adds the step "ids"

    `made` are the ids, or the tokens' texts (labels, where they have one) where there are no ids. `around`
    says how many special tokens come before and after the others; None where none were asked for. Raises
    Unsupported where the steps made other tokens than `encode` does, which is a bug.
    """
    split = tokenizer.encode(text)
    own = token_texts(split) if split.ids is None else split.ids
    if list(own) != list(made):
        raise Unsupported(
            f"{tokenizer.name} cuts this text in a way that its trace does not explain: please report it"
        )
    before, after = around or (0, 0)
    inner = slice(before, len(split) - after)
    bare = replace(
        split,
        starts=split.starts[inner],
        ends=split.ends[inner],
        ids=None if split.ids is None else split.ids[inner],
        labels=None if split.labels is None else split.labels[inner],
    )
    stage = "tokens" if split.ids is None else "ids"
    last = [Step(stage, quantity(len(bare), "token"), (Tokens(bare),))]
    if around is not None:
        added = before + after
        says = f"{quantity(added, 'token')} put around the text" if added else "none is put around the text"
        last.append(Step("special tokens", says, (Tokens(split),)))
    return Trace(tokenizer.name, [*steps, *last], split)


def token_texts(split: Split) -> list[str]:
    """Give each token's label, or its text where it has none; of a part of a character the bytes as "\\xe6".

    Example: token_texts(load("word:stem").encode("running dogs")) -> ["run", "dog"]
    """
    return [token.label or token.data.decode(errors="backslashreplace") for token in split]


def special_found(spelled: Sequence[str], *, special: bool = True) -> Step:
    """Say which added tokens a text spells, which are cut out of it before anything else is done.

    Example: special_found(["<|endoftext|>"]).says -> "found in the text: <|endoftext|>"

    `special` says that special tokens are among those looked for, and not only words.
    """
    found = f"found in the text: {' '.join(spelled)}" if spelled else "none is spelled in the text"
    return Step("special tokens" if special else "added tokens", found)


def normalization_step(before: str, after: str, how: str) -> Step:
    """Say what normalization did.

    Example: normalization_step("Café", "cafe", "lower case, no accents").says ->
    "lower case, no accents: changes the text"

    `how` is empty where the tokenizer normalizes nothing.
    """
    if not how:
        return Step("normalization", "none: the text stays as it is")
    if before == after:
        return Step("normalization", f"{how}: changes nothing")
    return Step("normalization", f"{how}: changes the text", (Rewrite(before, after),))


def pre_tokenized(pieces: Sequence[bytes], how: str) -> Step:
    """Say how the text was cut before the algorithm saw it.

    Example: pre_tokenized([b"Hello", b" world"], "by a pattern").says -> "by a pattern: 2 pieces"
    """
    return Step("pre-tokenization", f"{how}: {quantity(len(pieces), 'piece')}", (PreTokens(pieces),))
