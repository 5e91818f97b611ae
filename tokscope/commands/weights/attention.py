"""`tokscope weights attention`: what each token of a text attends to in a model's first layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.errors import UsageError
from tokscope.report.heat import Heat, HeatReport
from tokscope.report.objects import token_object
from tokscope.report.table import Column, Row, TableReport
from tokscope.shell.options import Color, Output, Special, format_option
from tokscope.shell.weights_options import ModelWeights
from tokscope.split import Split, Token
from tokscope.text.visible import escape

if TYPE_CHECKING:
    from tokscope.weights.layer import Attention, Layer
    from tokscope.weights.model import OpenModel
    from tokscope.weights.quants import Floats

MAX_ATTENDED = 512
"""How many tokens a text may have: each head has the square of that in figures."""

FIRST = 5
"""How many numbers of a vector are shown; JSON has all."""


def attention(
    weights: ModelWeights,
    *,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text.", show_default=False)],
    heads: Annotated[
        list[int] | None,
        typer.Option("--head", min=0, metavar="N", help="Show this head. Repeatable.", show_default="all"),
    ] = None,
    token: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Compute this token, counted from 0, step by step in the first of the heads.",
        ),
    ] = None,
    special: Special = False,
    format: Annotated[str | None, format_option(HeatReport.forms)] = None,
    output: Output = None,
    color: Color = "auto",
) -> int:
    """Draw what each token attends to in the first layer, head by head, computed from the weights."""
    from tokscope.shell.console import Console

    console = Console(output, format, color, HeatReport.forms)
    model = weights.load()
    tokenizer = weights.tokenizer(model, special=special)
    from tokscope.weights.architectures import first_layer
    from tokscope.weights.naming import belongs

    layer = first_layer(model)
    split = tokenizer.encode(text)
    _check_question(layer, split, heads or [], token)
    if split.ids is None:
        raise tokenizer.no_ids()
    last = max(max(split.ids), (tokenizer.vocab_size or 0) - 1)
    belongs(tokenizer, last, layer.embedding)
    found = layer(split.ids)
    report = _report(found, layer, model, split, heads or [*range(layer.heads)], token)
    return console.write(report, [tokenizer])


def _check_question(layer: Layer, split: Split, heads: Sequence[int], token: int | None) -> None:
    """Raise UsageError for a text that is too long or empty, and a head or token that is not there."""
    most = MAX_ATTENDED if layer.added is None else min(MAX_ATTENDED, len(layer.added))
    if not 0 < len(split) <= most:
        raise UsageError(f"the text has {len(split):,} tokens, and 1 to {most:,} can be shown")
    if max(heads, default=0) >= layer.heads:
        raise UsageError(f"--head {max(heads)}: heads are numbered from 0 to {layer.heads - 1}")
    if token is not None and token >= len(split):
        raise UsageError(f"--token {token}: tokens are numbered from 0 to {len(split) - 1}")


def _report(
    found: Attention, layer: Layer, model: OpenModel, split: Split, heads: Sequence[int], token: int | None
) -> HeatReport:
    """A map for each head, and the steps of one token."""
    quantised = model.embedding.kind not in ("F32", "F16", "BF16", "F64")
    return HeatReport(
        [
            *(Column("head", "id"), Column("query", "id"), Column("query token", "token")),
            *(Column("key", "id"), Column("key token", "token"), Column("share", "ratio", digits=6)),
        ],
        [*_attention_rows(found, split, heads)],
        results=[_object(found, head) for head in heads],
        summary={
            "path": model.path,
            "architecture": model.architecture,
            "layer": 0,
            "heads": layer.heads,
            "key_heads": layer.kv_heads,
            "tokens": [token_object(one) for one in split],
            **({} if token is None else {"steps": _steps_object(found, layer, heads[0], token)}),
        },
        title=f"Layer 0 of {model.architecture}: rows are queries, columns keys",
        maps=[*_head_maps(found, split, heads)],
        parts=[] if token is None else _steps(found, layer, split, heads[0], token),
        notes=[
            f"layer 0 alone, exact from {'these quantised' if quantised else 'the'} weights; what later "
            "layers attend to depends on all before them and is not shown"
        ],
    )


def _head_maps(found: Attention, split: Split, heads: Sequence[int]) -> Iterator[Heat]:
    """Make a map of each head's shares, empty where a query does not look."""
    names = [f"{i} {_token_name(one)}" for i, one in enumerate(split)]
    for head in heads:
        rows = zip(found.shares[head], found.scores[head], strict=True)
        values = [
            [float(share) if score > -float("inf") else None for share, score in zip(*row, strict=True)]
            for row in rows
        ]
        yield Heat(f"head {head}", values, names, names)


def _token_name(token: Token) -> str:
    """Name a token, with a dot for a space; one without text is what its vocabulary calls it."""
    return escape(token.data).replace(" ", "·") if token.data else token.label or ""


def _attention_rows(found: Attention, split: Split, heads: Sequence[int]) -> Iterator[Row]:
    data = [one.data for one in split]
    for head in heads:
        for query, shares in enumerate(found.shares[head]):
            for key, share in enumerate(shares):
                if found.scores[head, query, key] > -float("inf"):
                    yield head, query, data[query], key, data[key], float(share)


def _object(found: Attention, head: int) -> dict[str, object]:
    return {"head": head, "shares": [[float(share) for share in row] for row in found.shares[head]]}


def _steps_object(found: Attention, layer: Layer, head: int, token: int) -> dict[str, object]:
    steps = _every_step(found, layer, head, token).items()
    return {name: {"formula": formula, "numbers": numbers} for name, (formula, numbers) in steps}


def _steps(found: Attention, layer: Layer, split: Split, head: int, token: int) -> list[TableReport]:
    """A row for each step, and one for each key."""
    shown = _every_step(found, layer, head, token)
    vectors = TableReport(
        [Column("step"), Column("formula"), Column("numbers"), Column("of", "int")],
        [(name, formula, _first_numbers(vector), len(vector)) for name, (formula, vector) in shown.items()],
        title=f"Token {token}, {escape(split[token].data)!r}, in head {head}",
    )
    keys = TableReport(
        [
            *(Column("key", "id"), Column("token", "token"), Column("score", "ratio", digits=4)),
            *(Column("share", "percent"), Column("share", "bar", optional=True, full=1.0)),
        ],
        [
            (key, one.data, float(score), float(share), float(share))
            for key, (one, score, share) in enumerate(
                zip(split, found.scores[head, token], found.shares[head, token], strict=True)
            )
            if score > -float("inf")
        ],
        title="Scores, and their softmax",
    )
    return [vectors, keys]


def _first_numbers(values: Sequence[float]) -> str:
    some = " ".join(f"{value:.4f}" for value in values[:FIRST])
    return some if len(values) <= FIRST else f"{some} …"


def _every_step(found: Attention, layer: Layer, head: int, token: int) -> dict[str, tuple[str, list[float]]]:
    """Give the vectors of a token and how each comes about."""
    shared = head * layer.kv_heads // layer.heads
    turned = f", turned by RoPE to position {token}" if layer.rope is not None else ""
    kept = "RMSNorm" if layer.query_norm is not None else ""
    width = found.query.shape[-1]
    steps: dict[str, tuple[str, Floats]] = {
        "x": (_describe_input(layer), found.states[token]),
        "h": (_normed(layer), found.normed[token]),
        "q": (f"{kept}(Wq h){turned}" if kept else f"Wq h{turned}", found.query[head, token]),
        "k": (f"{kept}(Wk h){turned}" if kept else f"Wk h{turned}", found.key[shared, token]),
        "v": ("Wv h", found.value[shared, token]),
        "score": (_score(layer, width), found.scores[head, token]),
        "share": ("exp(score) / sum of exp(score)" + _sink(layer), found.shares[head, token]),
        "out": ("sum of share x v over the keys", found.mixed[head, token]),
    }
    return {
        name: (formula, [float(one) for one in vector if one > -float("inf")])
        for name, (formula, vector) in steps.items()
    }


def _describe_input(layer: Layer) -> str:
    row = "row of the embedding matrix"
    if layer.embedding_scale != 1:
        row += f" x {layer.embedding_scale:.4g}"
    if layer.added is not None:
        row += " + row of its position"
    if layer.added_to_all is not None:
        row += " + row of its type"
    return row if layer.embedding_norm is None else f"LayerNorm({row})"


def _normed(layer: Layer) -> str:
    if layer.norm is None:
        return "x"
    return "RMSNorm(x)" if layer.norm.bias is None else "LayerNorm(x)"


def _score(layer: Layer, width: int) -> str:
    by = f"/ sqrt({width})" if layer.scale is None else f"x {layer.scale:.4g}"
    product = f"q . k {by}"
    return product if layer.cap is None else f"{layer.cap:g} tanh({product} / {layer.cap:g})"


def _sink(layer: Layer) -> str:
    return "" if layer.sinks is None else ", the head's sink among them"
