"""The tables of `vocab`: tokens in a list, by script, and what two vocabularies have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from tokscope.inside.vocabulary import Comparison, Tally, octave
from tokscope.report.objects import bytes_object
from tokscope.report.table import Column, Later, TableReport
from tokscope.tokenizer import Entry, Tokenizer

FoundTokens = tuple[Entry, ...]
"""One token that was found: its entry in each of the vocabularies that are listed."""

Keeping = Callable[[Iterable[Entry]], Iterator[Entry]]
"""What says which entries are listed."""

Chosen = Callable[[Sequence[FoundTokens]], Sequence[FoundTokens]]
"""What says which of them come first, and how many are shown."""


_TOKEN_COLUMNS = [Column("id"), Column("bytes", optional=True), Column("token", "token"), Column("label")]
_REACH_COLUMNS = [Column("reached"), Column("instead", optional=True)]
_SCRIPT_COLUMNS = [
    *(Column("script"), Column("tokens", "int"), Column("share", "percent")),
    Column("longest", "token", optional=True),
]
_SHARED_COLUMNS = [
    Column("by", grouped=True),
    Column("group"),
    Column("shared", "int"),
    Column("overlap", "percent"),
]
COLUMNS = [*_TOKEN_COLUMNS, *_REACH_COLUMNS, *_SCRIPT_COLUMNS, *_SHARED_COLUMNS]
"""What any of the tables may have, beside columns that are named by tokenizers."""


def list_partial(tokenizer: Tokenizer, wanted: Keeping, first: Chosen) -> TableReport:
    """Make a row for each token of several bytes that are not whole characters.

    Example: list_partial(load("gpt2"), iter, list).summary["bytes"] -> 128
    """
    found = [entry for entry in tokenizer.vocabulary() if entry.text is None]
    several = [entry for entry in found if len(entry.data) > 1]
    listing = list_tokens(first([(entry,) for entry in wanted(several)]), [tokenizer])
    alone = len(found) - len(several)
    note = f"besides these, {alone:,} tokens are single bytes of longer characters"
    return replace(listing, notes=[note], summary={**listing.summary, "bytes": alone})


def list_unreachable(tokenizer: Tokenizer, wanted: Keeping, first: Chosen) -> TableReport:
    """Make a row for each token that no text is cut into, and what its own text is cut into instead.

    Example: list_unreachable(load("gpt2"), iter, list).summary["found"]
    """
    from tokscope.inside.reachability import Reach, reached

    lost = (Reach.NEVER, Reach.WHOLE)
    found = {one.entry.id: one for one in reached(tokenizer, merging=True) if one.reach in lost}
    shown = first([(entry,) for entry in wanted(one.entry for one in found.values())])
    listing = list_tokens(shown, [tokenizer])
    said = [found[entry.id] for (entry,) in shown]
    whole = sum(one.reach is Reach.WHOLE for one in found.values())
    return replace(
        listing,
        columns=[*listing.columns, *_REACH_COLUMNS],
        rows=[
            (*row, one.reach.value, " ".join(map(str, one.instead)))
            for row, one in zip(listing.rows, said, strict=True)
        ],
        results=[
            {**result, "reached": one.reach.value, "instead": [*one.instead]}
            for result, one in zip(listing.results, said, strict=True)
        ],
        summary={**listing.summary, "never": len(found) - whole, "whole": whole},
        notes=[_WHOLE_PIECE] if whole else [],
    )


_WHOLE_PIECE = (
    "as a whole piece only: found where a piece of text is just this token; where merges alone decide (in a "
    "tokenizer.json without ignore_merges) it is never reached either"
)


def by_script(entries: Iterable[Entry]) -> TableReport:
    """Make a row for each script, the largest first: its tokens, and what share of the vocabulary they are.

    Example: by_script(load("byte").vocabulary()).total -> ("total", 256, 1.0, None)
    """
    found = list(entries)
    scripts = Counter(entry.script for entry in found)
    longest: dict[str, Entry] = {}
    for entry in found:
        if len(entry.data) > len(longest.setdefault(entry.script, entry).data):
            longest[entry.script] = entry
    return TableReport(
        _SCRIPT_COLUMNS,
        [
            (script, count, count / len(found), longest[script].data)
            for script, count in scripts.most_common()
        ],
        total=("total", len(found), 1.0, None),
        notes=["tokscope vocab NAME TEXT searches, NAME ID looks up, --format plain lists every token"],
    )


def list_tokens(found: Sequence[FoundTokens], tokenizers: Sequence[Tokenizer]) -> TableReport:
    """Make a row for each token: its ids, its bytes, what it stands for, and how its vocabulary writes it.

    Example: list_tokens([(Entry(2, b"a", None),)], [load("byte")]).rows -> [("2", "61", b"a")]
    """
    several = len(tokenizers) > 1
    labelled = any(entries[0].label is not None for entries in found)
    id_, *others, label = _TOKEN_COLUMNS
    return TableReport(
        [
            *(id_._replace(name=f"{one.shown} id" if several else "id") for one in tokenizers),
            *(*others, label._replace(shown=labelled)),
        ],
        [
            (
                *(str(entry.id) for entry in entries),
                entries[0].data.hex(),
                entries[0].data,
                entries[0].label,
            )
            for entries in found
        ],
        results=Later(lambda: (_object(entries, tokenizers) for entries in found)),
        summary={"found": len(found)},
        notes=[] if found else ["no token matches"],
    )


def _object(entries: FoundTokens, tokenizers: Sequence[Tokenizer]) -> dict[str, object]:
    """Describe a token in JSON."""
    first = entries[0]
    if len(tokenizers) == 1:
        ids: dict[str, object] = {"tokenizer": tokenizers[0].name, "id": first.id}
    else:
        ids = {"ids": {one.name: entry.id for one, entry in zip(tokenizers, entries, strict=True)}}
    return {
        **ids,
        **bytes_object(first.data),
        "hex": first.data.hex(),  # of a text too: two tokens may look alike
        "label": first.label,
        "special": first.special,
    }


def list_differences(compared: Comparison, both: Sequence[Tokenizer]) -> TableReport:
    """Make a row for each script, the largest first, and for each class of length.

    Example: none = compare_vocabularies([], []); list_differences(none, [load("byte")] * 2).total[:3] ->
    ("total", None, 0)
    """
    scripts = compared.tally(lambda entry: entry.script)
    by_length = compared.tally(lambda entry: octave(len(entry.data)))
    groups = [
        *(("script", name, scripts[name]) for name in sorted(scripts, key=lambda name: -sum(scripts[name]))),
        *(("bytes", "-".join(map(str, sorted({*size}))), by_length[size]) for size in sorted(by_length)),
    ]
    total = Tally(len(compared.shared), len(compared.left), len(compared.right))
    *shared, overlap = _SHARED_COLUMNS
    return TableReport(
        [*shared, *(Column(f"only {one.shown}", "int") for one in both), overlap],
        [(by, group, *tally, tally.overlap) for by, group, tally in groups],
        total=("total", None, *total, total.overlap),
        results=[
            {"by": by, "group": group, **tally._asdict(), "overlap": tally.overlap}
            for by, group, tally in groups
        ],
        summary={
            "left": both[0].name,
            "right": both[1].name,
            "tokens": {**total._asdict(), "overlap": total.overlap},
        },
    )
