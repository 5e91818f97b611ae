"""`tokscope corpus`: the same figures in every format, and what goes wrong is named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.documents import documents, ids, json_lines, write_all
from tests.support.plugin import installed
from tests.support.shell import Result, tokscope, until
from tokscope.corpora.engine_choice import choose_engine
from tokscope.corpora.fertility import find_reference
from tokscope.corpora.partitions import Job
from tokscope.corpora.run import CorpusRun
from tokscope.corpora.stores import Listed
from tokscope.errors import UsageError
from tokscope.files.compressed import compression, expanded

COUNT = ("corpus", "count", "-t", "gpt2")


def test_every_format_counts_what_a_plain_loop_does(tmp_path: Path) -> None:
    found = documents(1000)
    counts = list(map(len, ids(one["text"] for one in found)))
    paths = write_all(tmp_path / "all", found)
    done = tokscope(*COUNT, tmp_path / "all", "--budget", "100", "--format", "json")
    assert (done.code, done.err) == (0, "")
    report = json.loads(done.out)
    assert [one["path"] for one in report["results"]] == list(map(str, paths))
    for one in report["results"]:
        assert (one["documents"], one["tokens"], one["exact"]) == (1000, sum(counts), True), one
        assert (one["longest"], one["over_budget"]) == (max(counts), sum(n > 100 for n in counts))
    assert report["summary"]["tokens"] == {"gpt2": sum(counts) * len(paths)}
    (lengths,) = report["lengths"]
    assert lengths["p50"] == sorted(counts)[499]
    assert sum(one["documents"] for one in lengths["histogram"]) == 1000 * len(paths)


def test_groups_tokenizers_and_plain_output(tmp_path: Path) -> None:
    found = documents(300)
    (tmp_path / "a.jsonl").write_bytes(json_lines(found))
    done = tokscope(
        *("corpus", "count", "a.jsonl", "-t", "gpt2,byte", "--group-by", "language", "--format", "csv"),
        cwd=tmp_path,
    )
    rows = [line.split(",") for line in done.out.splitlines()]
    assert rows[0] == ["language", "documents", "bytes", "gpt2", "byte"]
    for language, documents_, size, tokens, of_bytes in rows[1:]:
        texts = [one["text"] for one in found if one["language"] == language]
        expected = [len(texts), sum(len(text.encode()) for text in texts), sum(map(len, ids(texts)))]
        assert [int(documents_), int(size), int(tokens)] == expected
        assert of_bytes == size
    assert [row[0] for row in rows[1:]] == ["de", "en", "zh"]
    nested = [{"meta": {"tags": [one["language"]]}, "turns": [{"text": one["text"]}] * 2} for one in found]
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, nested)))
    done = tokscope(
        *("corpus", "count", "b.jsonl", "-t", "byte", "--field", "turns.text", "--group-by", "meta.tags.0"),
        *("--format", "json"),
        cwd=tmp_path,
    )
    total = sum(len(one["text"].encode()) for one in found)
    assert json.loads(done.out)["summary"] == {
        "files": 1,
        "documents": 300,
        "rejects": 0,
        "tokens": {"byte": 2 * total},
    }


def test_rejects_are_counted_named_and_kept(tmp_path: Path) -> None:
    lines = json_lines(documents(50)).splitlines(keepends=True)
    lines[7], lines[30] = b'{"text": 1}\n', b'{"text"\n'
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines))

    def run(*more: str) -> Result:
        return tokscope(*COUNT, "a.jsonl", "--by", "total", "--format", "json", *more, cwd=tmp_path)

    done = run("--rejects", "no.jsonl")
    assert done.code == 2
    assert "a.jsonl: line 8: field 'text' is a number, not a string" in done.err
    assert "a.jsonl: line 31: not JSON" in done.err
    assert "2 documents rejected, and left out of every figure" in done.err
    kept = [json.loads(line) for line in (tmp_path / "no.jsonl").read_text().splitlines()]
    assert [(one["path"], one["line"], one["record"]) for one in kept] == [
        ("a.jsonl", 8, '{"text": 1}'),
        ("a.jsonl", 31, '{"text"'),
    ]
    assert json.loads(done.out)["summary"]["documents"] == 48
    assert run("--max-rejects", "2").code == 0
    stopped = run("--max-rejects", "1", "--rejects", "some.jsonl")
    assert (stopped.code, stopped.out) == (2, "")
    assert (tmp_path / "some.jsonl").read_bytes() == (tmp_path / "no.jsonl").read_bytes()
    assert (
        "line 8: field 'text' is a number, not a string; the first of more than --max-rejects 1"
        in stopped.err
    )


def test_many_rejects_are_all_kept_before_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "\xff"}\n' * 12)
    done = tokscope(*COUNT, "a.jsonl", "--rejects", "no.jsonl", cwd=tmp_path)
    assert "2 more documents rejected; no.jsonl has all" in done.err
    kept = [json.loads(line) for line in (tmp_path / "no.jsonl").read_text().splitlines()]
    assert [(one["line"], one["record"]) for one in kept] == [
        (number, {"hex": b'{"text": "\xff"}'.hex()}) for number in range(1, 13)
    ]
    assert "--rejects FILE would have kept all" in tokscope(*COUNT, "a.jsonl", cwd=tmp_path).err
    full = tokscope(*COUNT, "a.jsonl", "--rejects", "/dev/full", cwd=tmp_path)
    assert ("/dev/full: No space left on device" in full.err, "has all" in full.err) == (True, False)


def test_groups_of_every_kind_of_value_are_told_apart(tmp_path: Path) -> None:
    days = [date(2024, 1, 2), date(2024, 1, 3)]
    columns: dict[str, list[Any]] = {
        "day": days,
        "at": [datetime(2024, 1, 2, 3, 4), datetime(2024, 1, 2, 3, 5)],
        "price": [Decimal("1.50"), Decimal("2.50")],
        "code": [b"ab", b"\xff"],
        "list": [[1, 2], [1, 3]],
        "object": [{"a": 1, "b": days[0]}, {"a": 1, "b": days[1]}],
    }
    pq.write_table(pa.table({"text": ["Hi", "Ho"], **columns}), tmp_path / "a.parquet")
    done = tokscope(*COUNT, "a.parquet", "--group-by", ",".join(columns), "--format", "json", cwd=tmp_path)
    assert [[one[name] for name in columns] for one in json.loads(done.out)["results"]] == [
        [*("2024-01-02", "2024-01-02T03:04:00", "1.50", "ab", "[1,2]"), '{"a":1,"b":"2024-01-02"}'],
        [*("2024-01-03", "2024-01-02T03:05:00", "2.50", "\\xff", "[1,3]"), '{"a":1,"b":"2024-01-03"}'],
    ]


WRONG = [
    (
        [*("corpus", "sample", "a.jsonl", "--tokens", "9", "-o", "s3://bucket/a.jsonl")],
        "s3://bucket/a.jsonl: name a file of this machine; only corpus encode writes to stores",
    ),
    ([*COUNT, "a.jsonl", "--reference", "b.jsonl"], "--reference b.jsonl: none of the languages a.jsonl"),
    (["corpus", "count"], "name the corpus: files, folders, globs or URLs"),
    ([*COUNT, "no.jsonl"], "no.jsonl: no such file"),
    ([*COUNT, "--files-from", "no.txt"], "no.txt: No such file or directory"),
    ([*COUNT, "-"], "-: standard input cannot be cut into parts; save it to a file"),
    ([*COUNT, sys.executable], f"{sys.executable}: a binary file; --as KIND says how to read it"),
    ([*COUNT, "a.jsonl", "--on", "spark"], "unknown --on 'spark': ray://HOST:10001 or local-ray"),
    ([*COUNT, "a.jsonl", "--sample", "lots"], "--sample lots: a part of the documents, such as 1% or 0.01"),
    ([*COUNT, "a.jsonl", "--resume"], "--resume continues the run that --checkpoint FILE records: name it"),
    ([*COUNT, "a.jsonl", "--checkpoint", "a.jsonl"], "a.jsonl is not a journal of a run; name another file"),
    (["corpus", "encode", "no.jsonl", "-t", "gpt2", "-o", "t"], "no.jsonl: no such file"),
    (["corpus", "encode", "a.jsonl"], "name the folder to write with -o"),
    (
        [*("corpus", "encode", "a.jsonl", "-o", "t", "--layout", "llmc"), *("--shard-tokens", "2147483648")],
        "--shard-tokens 2147483648: a shard of llmc has at most 2,147,483,647",
    ),
    (
        ["corpus", "sample", "a.jsonl", "--tokens", "9", "-o", "a.parquet"],
        "--output a.parquet: what is written",
    ),
    (
        ["corpus", "sample", "a.jsonl", "--tokens", "9", "-o", "a.csv.gz"],
        "--output a.csv: what is written is",
    ),
    (["train", "bpe", "a.jsonl", "--vocab-size", "300", "-o", "a.txt"], "--output a.txt: what is written is"),
    (
        ["train", "entropy", "a.jsonl", "-o", "a.json"],
        "--output a.json: what is written is not a .json file; .npz",
    ),
    (["corpus", "encode", "a.jsonl", "-o", ".", "-t", "gpt2"], ". holds something else"),
    (["corpus", "encode", "a.jsonl", "-o", "t", "-t", "word"], "word has no ids"),
    (
        ["corpus", "encode", "a.jsonl", "-o", "t", "-t", "gpt2", "--append", "<eot>"],
        "gpt2 has no special token '<eot>': --append or --prepend TOKEN or ID, or none; its special tokens",
    ),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_what_cannot_be_done_is_said(arguments: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "Hi"}\n')
    done = tokscope(*arguments, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"tokscope: {said}") and done.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
    assert (tmp_path / "a.jsonl").read_bytes() == b'{"text": "Hi"}\n'


def megatron(folder: Path, tokenizer: str) -> list[list[int]]:
    """Read X.bin and X.idx as megatron/core/datasets/indexed_dataset.py does."""
    found = []
    for index in sorted(folder.glob("*.idx")):
        data = index.read_bytes()
        assert data[:9] == b"MMIDIDX\0\0"
        assert int.from_bytes(data[9:17], "little") == 1
        kind = {8: np.uint16, 4: np.int32}[data[17]]
        sequences, boundaries = (int.from_bytes(data[at : at + 8], "little") for at in (18, 26))
        lengths = np.frombuffer(data, np.int32, sequences, 34)
        offsets = np.frombuffer(data, np.int64, sequences, 34 + lengths.nbytes)
        assert np.frombuffer(data, np.int64, offset=34 + 12 * sequences).tolist() == list(range(boundaries))
        assert boundaries == sequences + 1
        tokens = index.with_suffix(".bin").read_bytes()
        found += [
            np.frombuffer(tokens, kind, length, offset).tolist()
            for length, offset in zip(lengths, offsets, strict=True)
        ]
    return found


def ended(numbers: np.ndarray[Any, Any], end: int) -> list[list[int]]:
    """Take ids apart after each that ends a document."""
    return [one[::-1] for one in begun(numbers[::-1], end)][::-1]


def begun(numbers: np.ndarray[Any, Any], start: int) -> list[list[int]]:
    """Take ids apart before each that begins a document."""
    found: list[list[int]] = []
    for number in numbers.tolist():
        if number == start:
            found.append([])
        found[-1].append(number)
    return found


def flat(folder: Path, tokenizer: str) -> list[list[int]]:
    kind, end = (np.uint16, 50256) if tokenizer == "gpt2" else (np.uint32, 199999)
    return [one for path in sorted(folder.glob("*.bin")) for one in ended(np.memmap(path, kind, "r"), end)]


def llmc(folder: Path, tokenizer: str) -> list[list[int]]:
    """Read X.bin as llm.c's dataloader.h does; <|endoftext|> comes first, as in its dev/data/fineweb.py."""
    found = []
    for path in sorted(folder.glob("*.bin")):
        head = np.fromfile(path, np.int32, 256)
        narrow = tokenizer == "gpt2"
        assert head[:2].tolist() == ([20240520, 1] if narrow else [20240801, 7])
        numbers = np.fromfile(path, np.uint16 if narrow else np.uint32, offset=1024)
        assert len(numbers) == head[2]
        found += begun(numbers, 50256 if narrow else 199999)
    return found


def datatrove(folder: Path, tokenizer: str) -> list[list[int]]:
    """Read X.ds, X.ds.index and X.ds.metadata as datatrove's utils/dataset.py does."""
    found = []
    for path in sorted(folder.glob("*.ds")):
        ends = np.fromfile(f"{path}.index", np.uint64).tolist()
        name, count, _ = Path(f"{path}.metadata").read_text().split("\n")
        numbers = np.fromfile(path, {"2": np.uint16, "4": np.uint32}[name.split("|")[1]])
        assert len(numbers) == int(count) == ends[-1]
        found += [numbers[start:end].tolist() for start, end in zip([0, *ends], ends, strict=False)]
    return found


def parquet(folder: Path, tokenizer: str) -> list[list[int]]:
    found = []
    for path in sorted(folder.glob("*.parquet")):
        table = pq.ParquetFile(path)
        assert table.num_row_groups == 1  # however many files and parts the documents are from
        found += table.read()["input_ids"].to_pylist()
    return found


@pytest.mark.parametrize("tokenizer", ["gpt2", pytest.param("o200k_base", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "read",
    [megatron, flat, parquet, *(pytest.param(one, marks=pytest.mark.slow) for one in (llmc, datatrove))],
)
def test_shards_are_read_back(
    read: Callable[[Path, str], list[list[int]]], tokenizer: str, tmp_path: Path
) -> None:
    found = [one for one in documents(60) if one["text"]]
    paths = write_all(tmp_path / "all", found)[:2]
    done = tokscope(
        *("corpus", "encode", *paths, "-t", tokenizer, "-o", tmp_path / "out", "--layout", read.__name__),
        *("--shard-tokens", "2k"),
    )
    assert (done.code, done.err) == (0, "")
    import tokscope as package

    loaded = package.load(tokenizer)
    expected = [list(loaded.encode(one["text"]).ids or ()) for one in found] * 2
    end = [] if read in (megatron, parquet) else [50256 if tokenizer == "gpt2" else 199999]
    marked = [end + one if read is llmc else one + end for one in expected]
    assert read(tmp_path / "out", tokenizer) == marked
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["tokens"] == sum(map(len, expected)) + len(end) * len(expected)
    assert manifest["documents"] == len(expected)
    assert len(manifest["shards"]) > 2
    assert all(shard["tokens"] <= 2000 for shard in manifest["shards"])
    files = {file["name"]: file for shard in manifest["shards"] for file in shard["files"]}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*files, "manifest.json"}
    for name, file in files.items():
        data = (tmp_path / "out" / name).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(data), sha256(data).hexdigest())


def test_megatron_bytes_are_those_of_the_layout(tmp_path: Path) -> None:
    """Of the documents [72, 105] and [33], word by word."""
    (tmp_path / "a.jsonl").write_text('{"text": "Hi"}\n{"text": "!"}\n')
    arguments = ("corpus", "encode", "a.jsonl", "-t", "byte", "-o", "out")
    done = tokscope(*arguments, cwd=tmp_path)
    manifest = (tmp_path / "out" / "manifest.json").read_bytes()
    assert tokscope(*arguments, "--resume", cwd=tmp_path) == done  # which is over, and says the same
    assert (tmp_path / "out" / "manifest.json").read_bytes() == manifest
    for other in (["--resume", "--append", "0"], ["--resume", "--layout", "parquet"], []):
        again = tokscope(*arguments, *other, cwd=tmp_path)
        assert (again.code, "holds a complete corpus" in again.err) == (2, True)
    assert (tmp_path / "out" / "00000.bin").read_bytes().hex() == "480069002100"
    assert (tmp_path / "out" / "00000.idx").read_bytes().hex() == (
        "4d4d494449445800000100000000000000080200000000000000030000000000000002000000010000000000000000000000"
        "0400000000000000000000000000000001000000000000000200000000000000"
    )


def started(*arguments: str | Path, env: Mapping[str, str], cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tokscope", *map(str, arguments)],
        env=env,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def children(pid: int) -> list[int]:
    """Give the processes that a process has started."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += (task / "children").read_text().split()
    return sorted(set(map(int, found)))


@pytest.mark.slow
def test_a_sample_is_the_same_however_it_is_drawn(tmp_path: Path) -> None:
    """Whole records, of any format; and however often it is interrupted."""
    found = documents(1000)
    paths = write_all(tmp_path / "all", found)
    draw = ("corpus", "sample", "-t", "gpt2", "--tokens", "3k")
    drawn = []
    for files, more in ((paths[:1], ()), (paths[:1], ("--workers", "1")), (paths[:1], ("--seed", "2"))):
        done = tokscope(*draw, *files, *more)
        assert done.code == 0
        lines = [json.loads(line) for line in done.out.splitlines()]
        assert 2000 < sum(map(len, ids(line["text"] for line in lines))) <= 3000
        assert len({line["id"] for line in lines}) == len(lines)
        assert all(line == found[int(line["id"])] for line in lines)
        drawn.append(done.out)
    assert drawn[0] == drawn[1] != drawn[2]
    arguments = (*draw, *paths, "-o", tmp_path / "out.jsonl", "--checkpoint", tmp_path / "journal")
    assert tokscope(*arguments).code == 0
    several = (tmp_path / "out.jsonl").read_bytes()
    lines = [json.loads(line) for line in several.splitlines()]
    assert len(lines) > 5
    assert all(line == found[int(line["id"])] for line in lines)
    data = (tmp_path / "journal").read_bytes()
    (tmp_path / "journal").write_bytes(data[: 2 * len(data) // 3])
    assert tokscope(*arguments).code == 2  # it is there, and nobody said --resume
    assert tokscope(*arguments, "--resume").code == 0
    assert (tmp_path / "out.jsonl").read_bytes() == several
    for ending in ("gz", "bz2", "xz", "zst"):
        packed = tmp_path / f"out.jsonl.{ending}"
        assert tokscope(*draw, *paths[:1], "-o", packed).code == 0
        unpacked = b"".join(expanded(iter([packed.read_bytes()]), compression(packed.read_bytes()) or "", ""))
        assert unpacked.decode() == drawn[0]
    everything = tokscope("corpus", "sample", *paths[:1], "-t", "gpt2", "--tokens", "1M")
    assert len(everything.out.splitlines()) == 1000
    assert tokscope("corpus", "sample", *paths[:1], "--tokens", "some").err == (
        "tokscope: --tokens some: a number such as 1000, 10k, 5M or 1B\n"
    )


def test_a_sampled_count_says_its_interval(tmp_path: Path) -> None:
    found = documents(2000)
    (tmp_path / "a.jsonl").write_bytes(json_lines(found))
    done = tokscope(*COUNT, "a.jsonl", "--sample", "25%", "--seed", "3", "--format", "json", cwd=tmp_path)
    (result,) = json.loads(done.out)["results"]
    assert (result["documents"], result["exact"]) == (2000, False)
    assert 400 < result["counted"] < 600
    assert result["chars"] == sum(len(one["text"]) for one in found)  # which is known exactly
    assert result["low"] <= sum(map(len, ids(one["text"] for one in found))) <= result["high"]
    assert result["tokens"] / 2000 == pytest.approx(result["chars"] / result["chars_per_token"] / 2000, 1e-3)
    sampled = (*COUNT, "a.jsonl", "--budget", "9", "--format")
    table = tokscope(*sampled, "table", "--sample", "0.25", cwd=tmp_path).out
    figures = next(line for line in table.splitlines() if line.startswith("gpt2 ")).split()
    assert [figure[0] for figure in figures[4:]] == ["≈"] * 4 + ["≥", "≈"]  # the percentiles, longest, over
    nothing = json.loads(tokscope(*sampled, "json", "--sample", "1e-9", cwd=tmp_path).out)
    (result,) = nothing["results"]
    assert [result[name] for name in ("tokens", "longest", "over_budget", "counted")] == [None, None, None, 0]
    assert (nothing["summary"]["tokens"], nothing["lengths"]) == ({"gpt2": None}, [])
    assert "larger --sample" in tokscope(*sampled, "table", "--sample", "1e-9", cwd=tmp_path).out


def test_languages_by_tokenizers(tmp_path: Path) -> None:
    """Of the same two sentences in each language, but one more of the last."""
    texts = {
        "en": ["The cat sleeps.", "It is late."],
        "de": ["Die Katze schläft.", "Es ist spät."],
        "fr": ["Le chat dort.", "Il est tard.", "Oui."],
    }
    lines = [json.dumps({"lang": lang, "text": text}) for lang, many in texts.items() for text in many]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    arguments = ("corpus", "compare", "a.jsonl", "-t", "gpt2,byte", "--group-by", "lang", "--format", "json")
    done = tokscope(*arguments, "--reference", "en", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    by = {(one["language"], one["tokenizer"]): one for one in json.loads(done.out)["results"]}
    tokens = {lang: sum(map(len, ids(many))) for lang, many in texts.items()}
    assert {lang: by[lang, "gpt2"]["tokens"] for lang in texts} == tokens
    assert by["de", "gpt2"]["premium"] == tokens["de"] / tokens["en"]
    assert by["de", "gpt2"]["words"] == 6
    assert by["de", "gpt2"]["tokens_per_word"] == tokens["de"] / 6
    assert by["fr", "gpt2"]["premium"] is None
    assert by["de", "byte"]["premium"] == 32 / 26
    table = tokscope(*arguments[:-2], "--reference", "en", "--format", "table", cwd=tmp_path).out
    assert "tokens per token of en" in table
    assert "not the same number of documents, so no comparison: fr" in " ".join(table.split())
    counted = tokscope("corpus", "count", *arguments[2:], "--reference", "en", cwd=tmp_path)
    results = json.loads(counted.out)["results"]
    premiums = {key: one["premium"] for key, one in by.items()}
    assert {(one["lang"], one["tokenizer"]): one["premium"] for one in results} == premiums
    for command, name in (("count", "lang"), ("compare", "language")):
        assert tokscope("corpus", command, *arguments[2:-2], "-o", "out.parquet", cwd=tmp_path).code == 0
        rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
        found = {(one[name], one["tokenizer"]): one["tokens"] for one in rows}
        assert found == {key: one["tokens"] for key, one in by.items()}
    assert "Tokens for a word" in tokscope(*arguments[:-2], "--plot", cwd=tmp_path).out
    wrong = tokscope(*arguments, "--reference", "it", cwd=tmp_path)
    assert wrong.err == "tokscope: --reference it: none of the languages de, en, fr\n"


def test_a_reference_is_named_by_its_file() -> None:
    names = ["d/eng.txt", "d/deu.jsonl.gz", "e/deu.txt", "d/fra.txt", "fra"]
    for asked, found in [(None, None), ("d/eng.txt", "d/eng.txt"), ("eng", "d/eng.txt"), ("fra", "fra")]:
        assert find_reference(asked, names, files=True) == found
    assert find_reference("deu.txt", names, files=True) == "e/deu.txt"
    with pytest.raises(UsageError, match=r"deu: which of d/deu\.jsonl\.gz, e/deu\.txt"):
        find_reference("deu", names, files=True)
    with pytest.raises(UsageError, match=r"eng: none of the languages d/eng\.txt, "):
        find_reference("eng", names, files=False)


@pytest.mark.slow
def test_a_document_that_kills_and_one_that_is_refused(tmp_path: Path) -> None:
    env = installed(tmp_path)
    found = documents(400)
    found[123]["text"], found[300]["text"] = "a deadly text", "a refused text"
    (tmp_path / "a.jsonl").write_bytes(json_lines(found))
    process = started(
        *("corpus", "count", "a.jsonl", "-t", "fickle", "--format", "json", "--workers", "2"),
        env=env,
        cwd=tmp_path,
    )
    out, err = process.communicate(timeout=100)
    assert process.returncode == 2
    assert b"a.jsonl: line 124: 3 processes in a row ended as they worked on it alone" in err
    assert b"a.jsonl: line 301: a tokenizer does not take it: fickle: not this" in err
    texts = [one["text"] for i, one in enumerate(found) if i not in (123, 300)]
    assert json.loads(out)["summary"]["tokens"] == {"fickle": sum(map(len, texts))}


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(tmp_path: Path) -> None:
    found = documents(60_000)
    (tmp_path / "a.jsonl").write_bytes(json_lines(found))
    process = started(
        *(*COUNT, "a.jsonl", "--format", "json", "--by", "total", "--workers", "2"),
        env=dict(os.environ),
        cwd=tmp_path,
    )
    for _ in range(3):
        os.kill(until(lambda: children(process.pid))[0], signal.SIGKILL)
        time.sleep(0.3)
    out, err = process.communicate(timeout=100)
    assert b"its process was killed by SIGKILL; trying again" in err
    assert process.returncode == 0, err
    total = sum(map(len, ids(one["text"] for one in found)))
    assert json.loads(out)["summary"]["tokens"] == {"gpt2": total}


@pytest.mark.slow
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_run_goes_on_to_identical_shards(kill: signal.Signals, tmp_path: Path) -> None:
    found = documents(80_000)
    for i in range(4):
        (tmp_path / f"{i}.jsonl").write_bytes(json_lines(found[i * 20_000 : (i + 1) * 20_000]))
    arguments = ("corpus", "encode", *(f"{i}.jsonl" for i in range(4)), "-t", "gpt2", "--workers", "1")
    arguments += ("--shard-tokens", "1000000", "--layout", "flat")
    whole = tokscope(*arguments, "-o", "whole", cwd=tmp_path)
    assert whole.code == 0
    process = started(*arguments, "-o", "out", env=dict(os.environ), cwd=tmp_path)
    journal = tmp_path / "out" / ".tokscope" / "journal"
    until(lambda: journal.exists() and journal.read_bytes().count(b'"done"') >= 2)
    workers = children(process.pid)
    process.send_signal(kill)
    process.wait(100)
    until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in workers))
    assert not (tmp_path / "out" / "manifest.json").exists()
    again = tokscope(*arguments, "-o", "out", cwd=tmp_path)
    assert (again.code, again.err.count("--resume continues it")) == (2, 1)
    assert tokscope(*arguments, "-o", "out", "--resume", cwd=tmp_path).code == 0
    manifests = [json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("whole", "out")]
    assert manifests[0] == manifests[1]
    for file in (tmp_path / "whole").glob("*.bin"):
        assert file.read_bytes() == (tmp_path / "out" / file.name).read_bytes()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        path.name for path in (tmp_path / "whole").iterdir()
    }


def test_a_checkpoint_goes_on_where_it_was_cut(tmp_path: Path) -> None:
    """Wherever the journal ends, in the middle of a line too, the result is the same."""
    paths = write_all(tmp_path / "all", documents(200))
    arguments = (*COUNT, *paths, "--format", "json", "--checkpoint", tmp_path / "journal")
    whole = tokscope(*arguments)
    assert whole.code == 0
    data = (tmp_path / "journal").read_bytes()
    assert tokscope(*arguments).code == 2  # it is there, and nobody said --resume
    for cut in (len(data), len(data) // 2, len(data) // 4):
        (tmp_path / "journal").write_bytes(data[:cut])
        assert tokscope(*arguments, "--resume") == whole
        assert (tmp_path / "journal").read_bytes().count(b"\n") == data.count(b"\n")
    other = tokscope(*arguments, "--resume", "--field", "id")
    assert (other.code, "belongs to another run" in other.err) == (2, True)


@pytest.mark.slow
def test_a_worker_that_says_nothing_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", installed(tmp_path)["PYTHONPATH"])
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "endless"}\n')
    said: list[str] = []
    states = []
    with choose_engine("", 1) as processes:
        files = [Listed(str(path), path.stat().st_size)]
        run = CorpusRun(
            Job("count", ("fickle",)), files, processes, None, states.append, said.append, patience=1
        )
        assert len(list(run)) == 1
    assert len(said) >= 2
    assert said[0].startswith(f"nothing heard for 1 s of {path}, 0 to ")
    assert "process " in said[0]
    assert states[-1].read == states[-1].size


@pytest.mark.slow
def test_a_full_disk_is_an_error_and_the_run_goes_on_later(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("no file systems can be mounted here")
    (tmp_path / "a.jsonl").write_bytes(json_lines(documents(20_000)))
    script = """
        mkdir small && mount -t tmpfs -o size=2m tmpfs small || exit 77
        "$0" -m tokscope corpus encode a.jsonl -t gpt2 -o small/out --workers 1; echo $? > first
        find small/out -name '.tokscope-*' > left; ls small/out > shown
        mount -o remount,size=100m small
        "$0" -m tokscope corpus encode a.jsonl -t gpt2 -o small/out --workers 1 --resume; echo $? > second
        cp small/out/manifest.json .
    """
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, sys.executable], cwd=tmp_path, capture_output=True, text=True
    )
    if done.returncode == 77:
        pytest.skip("no file systems can be mounted here")
    assert "small/out/.tokscope" in done.stderr
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert [(tmp_path / name).read_text() for name in ("first", "left", "shown", "second")] == [
        "2\n",
        "",
        "",
        "0\n",
    ]
    expected = tokscope("corpus", "encode", "a.jsonl", "-t", "gpt2", "-o", "whole", cwd=tmp_path)
    assert expected.code == 0
    assert json.loads((tmp_path / "manifest.json").read_text()) == json.loads(
        (tmp_path / "whole" / "manifest.json").read_text()
    )
