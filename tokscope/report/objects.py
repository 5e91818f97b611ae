"""Objects: what programs read, the parts of results that are the same in every command, as JSON has them.

JSON has text but no bytes, and a token may be a part of a character. All bytes go through bytes_object(),
whose fields `text` and `hex` stand in the object of the token itself; where the contract has one value in
place of fields (the pieces, trees and cells of `trace`), bytes_value() puts the same `hex` into an object.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tokscope.report.table import Estimate, Fields

if TYPE_CHECKING:
    from tokscope.split import Token


def with_bounds(fields: Fields) -> Fields:
    """Put the bounds of each estimate beside it, in an object and in those within it.

    Example: {"tokens": Estimate(100, 93, 109)} -> {"tokens": 100, "low": 93, "high": 109}

    Those of "tokens" are "low" and "high", even where it is an object of figures, and those of "before" are
    "before_low" and "before_high".
    """
    found: dict[str, object] = {}
    for name, value in fields.items():
        found[name] = value
        if isinstance(value, dict):
            found[name] = value if name == "tokens" else with_bounds(value)
            for end in ("low", "high") if name == "tokens" else ():
                ends = {key: getattr(one, end) for key, one in value.items() if isinstance(one, Estimate)}
                if any(one is not None for one in ends.values()):
                    found[end] = ends
        if isinstance(value, Estimate) and value.low is not None and value.high is not None:
            prefix = "" if name == "tokens" else f"{name}_"
            found |= {f"{prefix}low": value.low, f"{prefix}high": value.high}
    return found


def summary_of(counts: Iterable[tuple[str | None, str, int]]) -> dict[str, object]:
    """Sum up counts, given as path, tokenizer and tokens.

    Example: summary_of([("a.md", "char", 3), ("b.md", "char", 4)]) -> {"files": 2, "tokens": {"char": 7}}
    """
    paths: set[str | None] = set()
    tokens: dict[str, int] = {}
    for path, tokenizer, count in counts:
        paths.add(path)
        tokens[tokenizer] = tokens.get(tokenizer, 0) + count
    return {"files": len(paths), "tokens": tokens}


def token_object(token: Token) -> Fields:
    """Describe a token in JSON, with its place in the text.

    Example: token_object(Token(0, 2, b"Hi", 12194, None)) ->
    {"text": "Hi", "id": 12194, "start": 0, "end": 2}
    """
    return {**type_object(token), "start": token.start, "end": token.end}


def type_object(token: Token) -> dict[str, object]:
    """Describe a token in JSON without its place: its text or its bytes, its id and its label.

    Example: type_object(Token(0, 1, b"\\xe6", 162, None)) -> {"text": None, "hex": "e6", "id": 162}
    """
    fields = bytes_object(token.data)
    if token.id is not None:
        fields["id"] = token.id
    if token.label is not None:
        fields["label"] = token.label
    return fields


def bytes_value(data: bytes) -> object:
    """Describe bytes in JSON where one value stands for them, as in a list of pieces or a cell of a table.

    Example: bytes_value(b"Hi") -> "Hi"; bytes_value(b"\\xe6") -> {"hex": "e6"}
    """
    fields = bytes_object(data)
    text = fields.pop("text")
    return fields if text is None else text


def bytes_object(data: bytes) -> dict[str, object]:
    """Describe bytes in JSON: as text, or in hex if they are not valid UTF-8.

    Example: bytes_object(b"Hi") -> {"text": "Hi"}; bytes_object(b"\\xe6") -> {"text": None, "hex": "e6"}
    """
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"text": None, "hex": data.hex()}
