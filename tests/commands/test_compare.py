"""`compare`: every tokenizer by "*", files by themselves, and the plot."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.support.shell import tokscope
from tokscope import registry
from tokscope.commands.compare import _chart
from tokscope.report.table import Column, TableReport

TEXTS = {"a.txt": "Hello wörld, 日本語", "b.txt": "no more"}


def test_each_file_is_compared_as_if_it_were_alone(tmp_path: Path) -> None:
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
    arguments = ("compare", *TEXTS, "-t", "gpt2,char")
    apart = tokscope(*arguments, "--by", "file", "--json", cwd=tmp_path)
    found = json.loads(apart.out)
    assert [one.pop("path") for one in found["results"]] == ["a.txt", "a.txt", "b.txt", "b.txt"]
    alone = [
        json.loads(tokscope("compare", name, *arguments[3:], "--json", cwd=tmp_path).out) for name in TEXTS
    ]
    assert found["results"] == [result for one in alone for result in one["results"]]
    together = json.loads(tokscope(*arguments, "--json", cwd=tmp_path).out)
    assert found["summary"] == together["summary"]
    rows = [
        *csv.reader(tokscope(*arguments, "--by", "file", "--format", "csv", cwd=tmp_path).out.splitlines())
    ]
    assert [row[:2] for row in rows[1:]] == [[name, one] for name in TEXTS for one in ("gpt2", "char")]
    shown = tokscope(
        *arguments, "--by", "file", "--format", "table", "--plot", cwd=tmp_path, env={"COLUMNS": "70"}
    )
    assert shown.out.count("no room for") == 1 and "What a larger vocabulary buys" in shown.out


def test_the_plot_has_those_that_have_a_vocabulary() -> None:
    columns = [Column("tokenizer"), Column("vocabulary", "int"), Column("bytes/token", "ratio")]
    chart = _chart(TableReport(columns, [("a", 100, 2.5), ("b", None, 3.0), ("c", 10, None)]))
    assert chart.drawable() == {"tokenizers": [(100, 2.5)]} and chart.names == {"tokenizers": ["a"]}


def test_a_star_is_every_tokenizer_of_text(monkeypatch: pytest.MonkeyPatch) -> None:
    some = {name: registry.BACKENDS[name] for name in ("bpe", "char", "byte", "smiles")}
    monkeypatch.setattr(registry, "BACKENDS", some)
    monkeypatch.setattr(registry, "VOCABULARIES", {"gpt2": registry.VOCABULARIES["gpt2"]})
    names = [one.name for one in registry.load_all(["gpt2,*"])]
    assert names == ["gpt2", "char", "char:codepoint", "byte", "byte:utf-16", "byte:utf-32"]
