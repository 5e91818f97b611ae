"""Every public figure that was found, as one table: vectors.csv, with the source and the status of each.

model     the models that it holds for, with parameters where it needs some
measures  what was counted: 1024x1024; 60s; 320x176 10s 250f 10s (picture, seconds, frames, sound); a4*3
          (pages); a second one after "+" or "-": two files together, or the difference of two
asked     what was asked for besides
of        tokens; cells: tiles or patches, before a multiplier
figure    the right number; of a video with sound, picture and sound
status    O the vendor's document, M an API's answer, C the model's own code run, T another project's tests
"""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from tokscope import load
from tokscope.errors import UnknownTokenizer, Unsupported
from tokscope.media.counting import MediaCount, count_medium
from tokscope.media.medium import Medium
from tokscope.media.pdf import PageSize
from tokscope.media.rules import Asked

PAPER = {"a4": PageSize(595, 842), "letter": PageSize(612, 792)}

with (Path(__file__).parent / "vectors.csv").open(encoding="utf-8", newline="") as file:
    VECTORS = list(csv.DictReader(file))


def measured(text: str) -> Medium:
    """Make a medium of its measures."""
    paper, _, pages = text.partition("*")
    if paper in PAPER:
        return Medium("pdf", "pdf", pages=(PAPER[paper],) * int(pages or 1))
    words = text.split()
    seconds = [Fraction(word[:-1]) for word in words if word.endswith("s")]
    if "x" not in words[0]:
        return Medium("sound", "wav", seconds=seconds[0])
    width, height = map(int, words[0].split("x"))
    if len(words) == 1:
        return Medium("picture", "png", width=width, height=height)
    frames = next(int(word[:-1]) for word in words if word.endswith("f"))
    sound = seconds[1] if len(seconds) > 1 else Fraction(0)
    return Medium("video", "mp4", 0, width, height, seconds[0], sound=sound, frames=frames)


def asked(text: str) -> Asked:
    return Asked(**dict(pair.split("=") for pair in text.split()))


def figure(result: MediaCount, of: str) -> list[int]:
    """Give what a vector names: the tokens, those of picture and sound apart, or the cells."""
    assert result.tokens is not None, result
    if of == "cells":
        return [result.cells]
    return [result.tokens - result.sound, result.sound] if result.sound else [result.tokens]


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: f"{row['model']} {row['measures']} {row['asked']}")
def test_vectors(row: dict[str, str]) -> None:
    for model in row["model"].split():
        first, *second = row["measures"].replace(" -", " +-").split(" +")
        found = figure(count_medium(measured(first), model, asked(row["asked"])), row["of"])
        for other in second:
            more = figure(count_medium(measured(other.lstrip("-")), model, asked(row["asked"])), row["of"])
            found = [found[0] - more[0] if other.startswith("-") else found[0] + more[0]]
        assert found == [int(number) for number in row["figure"].split("+")], row["source"]


@pytest.mark.parametrize(
    "row",
    [row for row in VECTORS if row["status"] in "OM" and "?" not in row["model"]],
    ids=lambda row: row["model"],
)
def test_what_an_api_or_a_page_pins_is_exact(row: dict[str, str]) -> None:
    for model in row["model"].split():
        if model.startswith("gemini-2.0") and "x" in row["measures"]:
            continue  # two bills and a page that calls itself rough: an estimate
        result = count_medium(
            measured(row["measures"].split(" -")[0].split(" +")[0]), model, asked(row["asked"])
        )
        assert result.exact and result.low == result.tokens == result.high, result


FAMILIES = ("gemini-2.0", "gemini-2.5", "gemini-3", "gemini-4", "claude-")
"""Names in the table that are not those of a model, but begin those of several."""


@pytest.mark.parametrize(
    "model",
    sorted(
        {name.partition("?")[0] for row in VECTORS for name in row["model"].split()} - set(FAMILIES)
        | {"gpt-audio", "gpt-realtime", "gpt-image-1", "llama-4-scout", "gemini-3-pro-image-preview"}
    ),
)
def test_every_model_goes_by_its_name(model: str) -> None:
    """Also where no tokenizer of it is known, or none may ship: texts are then an error, files not."""
    assert load(model).shown


@pytest.mark.parametrize("model", ["gemini-x", "claude-opsu-5", "gpt-6-asrta", "vit-c/16"])
def test_a_misspelled_name_is_none(model: str) -> None:
    with pytest.raises(UnknownTokenizer):
        load(model)


def test_a_model_whose_vocabulary_may_not_ship_counts_files_alone() -> None:
    with pytest.raises(Unsupported, match="the licence of llama-4-scout keeps its vocabulary"):
        load("llama-4-scout").count("Hello")
