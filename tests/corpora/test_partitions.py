"""However a file is cut into partitions, and whoever dies on them, each document is read once."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.documents import documents, ids, json_lines, write_all
from tokscope.corpora import content, work
from tokscope.corpora.partitions import Done, Job, Partition, Reject, after_death
from tokscope.corpora.results import Results
from tokscope.corpora.sums import Sums, rounded
from tokscope.errors import InputError

LINES = st.lists(
    st.binary(max_size=12)
    .map(lambda line: line.replace(b"\n", b"."))
    .filter(lambda line: not line.startswith((b"\xfd7zXZ", b"BZh", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"))),
    max_size=12,
)
"""None begins as a compressed file does."""


@settings(max_examples=60, deadline=None)
@given(lines=LINES, end=st.booleans(), cuts=st.lists(st.integers(1, 150), max_size=5))
@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress])
def test_each_line_is_in_one_range(
    compress: Callable[[bytes], bytes],
    lines: list[bytes],
    end: bool,
    cuts: list[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines"
    data = b"\n".join(lines) + (b"\n" if end and lines else b"")
    path.write_bytes(compress(data))
    expected = data.split(b"\n")[:-1] if data.endswith(b"\n") or not data else data.split(b"\n")
    whole = content.Content(str(path), path.stat().st_size)
    bounds = [0, *sorted(cuts), len(data) + 200]
    found = []
    for start, stop in pairwise(bounds):
        every = content.lines_in_range(whole, start, stop, exact=not start, largest=100)
        found += [line.data for line in every] if start < max(1, len(data)) else []
    assert found == expected


def test_a_line_that_is_too_long_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"one\n" + b"x" * 5_000_000 + b"\ntwo\n" + b"y" * 3_000_000)
    whole = content.Content(str(path), path.stat().st_size)
    found = list(content.lines_in_range(whole, 0, 1 << 40, exact=True, largest=1_000_000))
    assert [line.size for line in found] == [3, 5_000_000, 3, 3_000_000]
    assert [len(line.data) <= content.MAX_KEPT for line in found] == [True] * 4
    assert found[2].data == b"two"


def all_of(
    job: Job, first: Partition, *, dies: Callable[[Partition], bool] = lambda one: False
) -> list[Done]:
    """Work on a file as a run does, with processes that die where `dies` says so."""
    waiting, found = [first], []
    for _ in range(1000):
        if not waiting:
            return found
        partition = waiting.pop(0)
        if dies(partition):
            following = after_death(partition)
            assert following is not None
            waiting.insert(0, following)
            continue
        done = work.work(job, partition)
        found.append(done)
        waiting = [*done.more, *waiting]
    raise AssertionError("it does not come to an end")


def total(found: list[Done]) -> Sums:
    sums = Sums.empty(1)
    for done in found:
        if done.total is not None:
            sums.merge(Sums.of(done.total))
    return sums


def test_every_format_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = documents(3000)
    expected = list(map(len, ids(one["text"] for one in found)))
    for module in ("record", "line_files", "tables"):
        monkeypatch.setattr(f"tokscope.corpora.{module}.PARTITION_SIZE", 40_000)
    for path in write_all(tmp_path / "all", found):
        parts = all_of(Job("count", ("gpt2",)), Partition(str(path), size=path.stat().st_size, end=40_000))
        sums = total(parts)
        assert not [done.problem or done.rejects for done in parts if done.problem or done.rejects], path
        assert (sums.documents, sums.tokens) == (3000, [sum(expected)]), path
        assert sums.lengths[0] == {n: expected.count(n) for n in set(expected)}, path
        assert sum(done.numbers for done in parts) >= 3000


@pytest.mark.parametrize(
    "name",
    [
        "a.jsonl",
        "a.csv",
        "a.parquet",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("a.jsonl.gz", "a.arrow")),
    ],
)
def test_documents_that_kill_are_found(name: str, tmp_path: Path) -> None:
    found = documents(500)
    texts = {i: f"{found[i]['text']} deadly" for i in (0, 7, 250, 251, 499)}
    for i, text in texts.items():
        found[i]["text"] = text
    path = next(path for path in write_all(tmp_path / "all", found) if path.name == name)
    job = Job("count", ("gpt2",))

    def dies(partition: Partition) -> bool:
        reader = work.choose_reader(job, partition)
        if partition == Partition(str(path), size=partition.size) and len(reader.parts(partition)) > 1:
            return False
        records = [record for record in reader.records(partition) if not record.problem]
        return any("deadly" in text for record in records for text in record.texts)

    parts = all_of(job, Partition(str(path), size=path.stat().st_size), dies=dies)
    rejects = sorted(reject.at for done in parts for reject in done.rejects)
    assert len(rejects) == 5
    expected = ids(one["text"] for i, one in enumerate(found) if i not in texts)
    assert total(parts).tokens == [sum(map(len, expected))]
    if name in ("a.parquet", "a.arrow"):
        assert rejects == sorted(texts)


def test_a_death_that_has_another_reason_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(json_lines(documents(300)))
    deaths = iter([True, True, True, True, False, True, False, True])  # a machine that kills at random
    found = all_of(
        Job("count", ("gpt2",)),
        Partition(str(path), size=path.stat().st_size),
        dies=lambda partition: next(deaths, False),
    )
    assert total(found).documents == 300
    assert not any(done.rejects for done in found)


REJECTED = [
    (b'{"text": "ok"}\n{"text": 5}\n', 1, "field 'text' is a number, not a string"),
    (b'{"text": "ok"}\n{"texts": "no"}\n', 1, "no field 'text': no 'text' in an object of texts"),
    (b'{"text": "ok"}\n{"text": "\xff"}\n', 1, "not valid UTF-8 at byte 10 of the line"),
    (b'{"text": "ok"}\n{"text": "cut\n', 1, "not JSON: Unterminated string starting at character 9"),
    (b'{"text": "ok"}\n' + b"[" * 100_000, 1, "nested too deeply"),
    (b'{"text": "ok"}\n{"text": "' + b"x" * 5000 + b'"}\n', 1, "5,012 bytes, more than --max-record"),
    (b'{"text": "ok"}\n[{"text": "a"}, {"text": "b"}]\n', 1, "an array, not a record: write one a line"),
    (b'{"text": "ok"}\n{"text": "a", "n": 1' + b"0" * 5000 + b"}\n", 1, "a number of more than 4,300 digits"),
    (b'{"text": null}\n{"text": "ok"}', 0, "field 'text' is null, not a string"),
]


@pytest.mark.parametrize(("data", "line", "reason"), REJECTED)
def test_a_bad_record_is_named(data: bytes, line: int, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    job = Job("count", ("byte",), largest=4000 if b"xxx" in data else 150_000, keep=True)
    (done,) = all_of(job, Partition(str(path), size=len(data)))
    (reject,) = done.rejects
    assert reject.reason.startswith(reason)
    assert reject.number == line + 1
    assert total([done]).tokens == [2]
    assert reject.record is not None
    assert reject.record.startswith(data.split(b"\n")[line].decode("utf-8", "surrogateescape")[:100])


def test_a_file_that_is_cut_short_is_named(tmp_path: Path) -> None:
    for path in write_all(tmp_path / "all", documents(2000)):
        if path.name in ("a.jsonl", "a.csv"):
            continue
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        parts = all_of(Job("count", ("byte",)), Partition(str(path), size=len(data) // 2))
        assert [done.problem for done in parts if done.problem], path
        assert any("cut short" in done.problem for done in parts), path


def test_a_damaged_row_group_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    texts = [one["text"] for one in documents(900)]
    pq.write_table(pa.table({"text": texts}), path, row_group_size=100, compression="zstd")
    column = pq.ParquetFile(path).metadata.row_group(3).column(0)
    data = bytearray(path.read_bytes())
    first = column.dictionary_page_offset
    data[first : first + column.total_compressed_size] = bytes(column.total_compressed_size)
    path.write_bytes(data)
    parts = all_of(Job("count", ("byte",)), Partition(str(path), size=len(data)))
    kept = texts[:300] + texts[400:]
    assert total(parts).tokens == [sum(len(text.encode()) for text in kept)]
    results = Results(Job("count", ("byte",)), [str(path)], "file", 0)
    for done in parts:
        results.add(Partition(str(path)), done)
    (said,) = results.errors.values()
    assert said.startswith("its Parquet is damaged") and said.endswith("; rows missing: 100")


def test_binary_columns_are_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": pa.array(["Grüße".encode(), b"a\xff", b"Hi"], pa.binary())}), path)
    (done,) = all_of(Job("count", ("byte",)), Partition(str(path), size=path.stat().st_size))
    assert (total([done]).tokens, [(one.number, one.reason) for one in done.rejects]) == (
        [9],
        [(2, "field 'text' is not valid UTF-8 at byte 1")],
    )


def test_lines_are_numbered_where_all_before_them_are_known() -> None:
    results = Results(Job("count", ("byte",)), ["a"], "file", 9)
    empty = Sums.empty(1).plain()
    for start, end in ((0, 10), (20, 30)):
        reject = Reject("a", start + 5, 2, "bad")
        results.add(Partition("a", start, end, end), Done(empty, numbers=3, rejects=(reject,), lost=("",)))
    assert [one.number for one in results.rejects()] == [2, None]
    results.add(Partition("a", 10, 20, 20), Done(empty, numbers=4, lost=("",)))
    assert [one.number for one in results.rejects()] == [2, 9]


UNREADABLE = [
    ("a.parquet.gz", gzip.compress(b"PAR1\x15\0"), "Parquet that is compressed once more, with gzip: "),
    ("a.json", b'[\n  {"text": "a"},\n  {"text": "b"}\n]\n', "JSON over several lines"),
    ("a.json", b'[{"text": "a"},\n{"text": "b"}]\n', "JSON over several lines"),
    ("a.jsonl", b'\xef\xbb\xbf{\n  "text": "a"\n}\n', "JSON over several lines"),
    ("a.arrow", b"", "its Arrow is damaged or cut short"),
    ("a.csv", b'text,"la\nng', "its header is not CSV: unexpected end of data"),
    ("a.csv", b'text,"' + b"a\n" * 600_000, "its header is not CSV: more than 1,048,576 bytes"),
    ("a.csv", b"\ntext\nb\n", "no header: its first line is empty"),
    ("a.csv", b"id,text\r1,Hi\r2,Ho\r", "its lines end with \\r alone"),
    ("a.csv", "text\nHi\n".encode("utf-16"), "looks like UTF-16, and a corpus is read as UTF-8"),
    (
        *("a.txt", "Hi there".encode("utf-16-be")),
        "looks like UTF-16, and a corpus is read as UTF-8: convert it first, with iconv -f UTF-16BE -t",
    ),
    ("a.jsonl", '{"text": "Hi"}'.encode("utf-32"), "looks like UTF-32"),
]


@pytest.mark.parametrize(("name", "data", "problem"), UNREADABLE)
def test_a_file_that_no_part_of_can_be_read_is_named(
    name: str, data: bytes, problem: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    (done,) = all_of(Job("count", ("byte",)), Partition(str(tmp_path / name), size=len(data)))
    assert done.problem.startswith(problem)
    assert not done.rejects


def test_a_header_may_have_several_lines(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbf"text","the\nlanguage"\r\nHi,en\r\nHo\r\n"cut,en\r\nHi,en\r\n'
    (tmp_path / "a.csv").write_bytes(data)
    (done,) = all_of(Job("count", ("byte",)), Partition(str(tmp_path / "a.csv"), size=len(data)))
    assert total([done]).tokens == [2]
    assert [(one.number, one.reason) for one in done.rejects] == [
        (4, "cells: 1, and in the header 2"),
        (5, "not CSV: unexpected end of data, with 1 more lines"),
    ]


def test_a_file_that_ends_every_process_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "Hi"}\n' * 9)
    partition: Partition | None = Partition(str(tmp_path / "a.jsonl"), size=135)
    starts = 0
    while partition is not None:
        partition, starts = after_death(partition), starts + 1
    refused = Partition("a.jsonl", 0, 1, size=135, deaths=2, within=9)
    early = after_death(refused, begun=False)  # a process that loads a tokenizer has not seen the document
    assert early == refused._replace(unbegun=1)
    assert after_death(early._replace(unbegun=19), begun=False) is None
    assert after_death(early) == refused._replace(deaths=0, within=0, refused=(0,))
    assert starts == 9  # three times the whole, its first document, and the file without that document


def test_what_is_no_corpus_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"\x7fELF\0\0")
    (done,) = all_of(Job("count", ("byte",)), Partition(str(path), size=6))
    assert done.skipped
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,body\n1,x\n")
    (done,) = all_of(Job("count", ("byte",)), Partition(str(path), size=12))
    assert done.problem == "no column 'text'; it has id, body"


@given(st.lists(st.integers(0, 1 << 24), min_size=1, max_size=50), st.floats(0.01, 1))
def test_percentiles_are_those_of_the_lengths(lengths: list[int], share: float) -> None:
    sums = Sums.empty(1)
    for length in lengths:
        sums.add([[length]], [1], [1])
    ranked = sorted(lengths)
    rank = next(n for n in range(1, len(ranked) + 1) if n >= share * len(ranked))
    assert sums.percentile(0, share) == rounded(ranked[rank - 1])
    assert abs(rounded(ranked[-1]) - ranked[-1]) <= ranked[-1] / 32768
    assert sums.longest == [ranked[-1]]
    assert Sums.of(json.loads(json.dumps(sums.plain()))) == sums


def test_the_interval_of_a_sample_holds_the_truth() -> None:
    """In 95 of 100 samples; of 40 seeds, fewer than 33 would be a matter of one in 1,000."""
    texts = [one["text"] for one in documents(2000)]
    counts = list(map(len, ids(texts)))
    held = 0
    for seed in range(40):
        sums = Sums.empty(1)
        for i, (text, count) in enumerate(zip(texts, counts, strict=True)):
            drawn = work.chance(seed, i, "a") < 0.1
            sums.add([[count] if drawn else None], [len(text)], [len(text.encode())])
        _, low, high = sums.estimate(0) or (0, 0, 0)
        held += low <= sum(counts) <= high
        assert high - low < sum(counts)
    assert held >= 33


def test_missing_files_are_errors(tmp_path: Path) -> None:
    from tokscope.corpora.stores import find_files

    (tmp_path / "a.jsonl").write_text("{}")
    (tmp_path / ".hidden.jsonl").write_text("{}")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.txt").write_text("x")

    def names(*paths: str, **globs: list[str]) -> list[str]:
        listed = find_files([f"{tmp_path}/{path}" for path in paths], **globs)
        return [
            one.message if isinstance(one, InputError) else one.path[len(str(tmp_path)) + 1 :]
            for one in listed
        ]

    assert names("") == ["a.jsonl", "b/c.txt"]
    assert names("a.jsonl", "", "*.jsonl") == ["a.jsonl", "b/c.txt"]
    assert names("**/*.txt", "b") == ["b/c.txt"]
    assert names("", exclude=["*.txt"]) == ["a.jsonl"]
    assert names("", include=["*.txt"]) == ["b/c.txt"]
    assert names("no.jsonl", "no/*.jsonl") == ["no such file", "no file matches"]
