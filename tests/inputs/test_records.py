"""Records: which kind a document is, and the strings that are in its records."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import tracemalloc
from collections.abc import Callable

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.texts import texts
from tokscope.errors import InputError
from tokscope.inputs import Decoding, Document
from tokscope.inputs import document as module
from tokscope.inputs.records import read_records, records_reader


def fields_of(data: bytes, field: str = "text", path: str = "a.txt") -> list[str]:
    return list(read_records(Document(path, Decoding(), lambda: io.BytesIO(data)), field, print))


@pytest.mark.parametrize(
    ("data", "field", "expected"),
    [
        (b"", "text", []),
        (b'{"text": "a"}', "text", ["a"]),
        (b'{"text": "a"}\n{"text": "b"}\n', "text", ["a", "b"]),
        (b'\n{"text": "a"}\r\n  \r\n\t\n{"text": ""}', "text", ["a", ""]),
        (b'\xef\xbb\xbf{"text": "\xef\xbb\xbfa"}\n\xef\xbb\xbf', "text", ["\ufeffa"]),
        (b'{"text": "a\\u2028\\u0000\\ud83d\\ude00"}', "text", ["a\u2028\x00😀"]),
        (
            '{"text": "a\u2028b\x85c\x1cd"}\n'.encode().replace(b"\x1c", b"\\u001c"),
            "text",
            ["a\u2028b\x85c\x1cd"],
        ),
        (b'{"message": {"content": "a"}}', "message.content", ["a"]),
        (b'{"messages": [{"content": "a"}, {"content": "b"}]}', "messages.1.content", ["b"]),
        (b'["a", "b"]\n["c"]', "0", ["a", "c"]),
        (b'{"0": "a"}', "0", ["a"]),
        (b'{"text": 1, "text": "last"}', "text", ["last"]),
    ],
)
def test_json_lines(data: bytes, field: str, expected: list[str]) -> None:
    assert fields_of(data, field) == expected


GOOD = b'{"text": "a"}\n'


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        (
            GOOD + b"{text: 1}\n",
            "text",
            "line 2: not JSON: expecting property name enclosed in double quotes",
        ),
        (GOOD + b"\nnot json", "text", "line 3: not JSON: expecting value at character 1"),
        (GOOD + b'{"text": "a"} x', "text", "line 2: not JSON: extra data at character 15"),
        (GOOD + b'{"text": "a\x1fb"}', "text", "line 2: not JSON: invalid control character at"),
        (
            GOOD + b'{"id": 1, "body": "b"}',
            "text",
            "line 2: no field 'text': no 'text' in an object of id, body",
        ),
        (GOOD + b"{}", "text", "line 2: no field 'text': no 'text' in an empty object"),
        (b'["a"]', "text", "line 1: no field '0.text': no 'text' in a string"),
        (b'["a"]', "1", "line 1: no field '1': no '1' in a list of 1"),
        (b'["a"]', "-1", "line 1: no field '0.-1': no '-1' in a string"),
        (GOOD + b'"text"', "text", "line 2: no field 'text': no 'text' in a string"),
        (b'{"a": {"b": 7}}', "a.b.c", "line 1: no field 'a.b.c': no 'c' in a number"),
        (b'{"text": 7}', "text", "line 1: field 'text' is a number, not a string"),
        (b'{"text": 7.5}', "text", "line 1: field 'text' is a number, not a string"),
        (b'{"text": true}', "text", "line 1: field 'text' is a boolean, not a string"),
        (b'{"text": null}', "text", "line 1: field 'text' is null, not a string"),
        (b'{"text": ["a", 7]}', "text", "line 1: field 'text.1' is a number, not a string"),
        (b'{"text": {"a": 1}}', "text", "line 1: field 'text' is an object of a, not a string"),
        (b'{"text": ' + b"9" * 5000 + b"}", "text", "line 1: a number of more than 4,300 digits"),
        (GOOD + b"[" * 200_000, "text", "line 2: nested too deeply"),
    ],
)
def test_bad_json_lines(data: bytes, field: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"a.txt: taken for JSON Lines: {message}")):
        fields_of(data, field)


@settings(deadline=None)
@given(texts_of=st.lists(texts), block=st.integers(1, 50))
def test_records_come_back(texts_of: list[str], block: int) -> None:
    lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts_of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        assert fields_of(lines.encode()) == texts_of


def test_records_are_streamed() -> None:
    data = b'{"text": "%s"}\n' % (b"x" * 1000) * 20_000
    tracemalloc.start()
    try:
        assert (
            sum(
                1
                for _ in read_records(Document("a.txt", Decoding(), lambda: io.BytesIO(data)), "text", print)
            )
            == 20_000
        )
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_record_of_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 100)
    assert fields_of(b'{"text": "%s"}\n' % (b"x" * 1_000_000)) == ["x" * 1_000_000]


def test_half_a_surrogate_pair_in_a_record_is_said() -> None:
    said: list[str] = []
    data = b'{"text": "fine"}\n{"text": "cut \\ud83d off"}\n{"text": "\\ud83d\\ude00"}\n'
    found = list(read_records(Document("a.txt", Decoding(), lambda: io.BytesIO(data)), "text", said.append))
    assert found == ["fine", "cut \ufffd off", "\U0001f600"]
    assert [one.partition(": ")[2] for one in said] == [
        "line 2: half a surrogate pair is not text; read as U+FFFD"
    ]


def test_bytes_that_are_no_text_are_named_as_everywhere() -> None:
    with pytest.raises(InputError, match=re.escape("a.txt: not valid UTF-8 at byte 24 (0xFF)")):
        fields_of(GOOD + b'{"text": "\xff"}')


@pytest.mark.parametrize(
    ("head", "path", "kind"),
    [
        ('{"a": 1}\n{"a": 2}\n', "", "JSON Lines"),
        ('{"a": 1}\n', ".json", "JSON Lines"),
        ('{"a": 1}\n{"a": 2}\n', ".csv", "JSON Lines"),
        ("{broken\n", ".jsonl", "JSON Lines"),
        ('{\n  "a": 1\n}\n', "", "JSON"),
        ('{"a":\n1}\n', ".csv", "JSON"),
        ('[\n{"a": 1}\n]', "", "JSON"),
        ('[{"a": 1},\n{"a": 2}]', "", "JSON"),
        ("not json", ".json", "JSON"),
        ("# remark\n[a.b]\nc = 1\n", "", "TOML"),
        ("[[a]]\nb = 1\n", "", "TOML"),
        ("['a'.\"b\"] # remark\n", "", "TOML"),
        ('["a"]\nb = 1', ".toml", "TOML"),
        ("a.b = 1\n", "", "TOML"),
        ("---\na: 1\n", "", "YAML"),
        ("# remark\n\na: 1\n", "", "YAML"),
        ("- a\n- b\n", "", "YAML"),
        ("-\n  a: 1\n", "", "YAML"),
        ('"a b":\n  c: 1', "", "YAML"),
        ("{a: 1}\n", "", "YAML"),
        ("[a, b]\n", "", "YAML"),
        ("{\n  a: 1}\n", ".yml", "YAML"),
        ("a,b\n1,2\n", "", "CSV"),
        ("a\n1\n", "", "CSV"),
        ("x\n1\n", ".csv", "CSV"),
        ("a\tb,c\td\n", "", "TSV"),
        ("x\ty\n", ".csv", "TSV"),
        ('"x,y";"z";a\n', ".csv", "CSV with semicolons"),
        ('"x,y"|z|a\n', ".csv", "CSV with bars"),
        ("\ufeffid,a\n", "", "CSV"),
        ("#id,a\n", ".csv", "CSV"),
        ("Once upon a time\n", "", None),
        ("", "", None),
    ],
)
def test_the_kind_is_told(head: str, path: str, kind: str | None) -> None:
    assert records_reader(head, "a", path) == kind


@pytest.mark.parametrize(
    ("data", "field", "expected"),
    [
        # a pretty-printed object, a list of records, and several values as jq writes them
        ('{\n  "a": {\n    "b": "x"\n  }\n}\n', "a.b", ["x"]),
        ('[\n  {"a": "x"},\n  {"a": "y"}\n]\n', "a", ["x", "y"]),
        ('[\n  {"a": "x"},\n  {"a": "y"}\n]\n', "1.a", ["y"]),
        ('[{"a": "x"}, {"a": "y"}]', "a", ["x", "y"]),
        ('{\n"a": "x"\n}\n{\n"a": "y"\n}\n', "a", ["x", "y"]),
        ('\ufeff{\n"a": "x"}', "a", ["x"]),
        ("[\n]", "a", []),
        # a list along the path is every element of it, and so is one at its end
        ('{"m": [{"c": "x"}, {"c": ["y", "z"]}]}', "m.c", ["x", "y", "z"]),
        ('{"m": [[{"c": "x"}], [], [{"c": "y"}]]}', "m.c", ["x", "y"]),
        ('{"m": [{"c": ["x"]}, {"c": ["y"]}]}', "m.c.0", ["x", "y"]),
        ("# remark\na:\n  - b: x\n  - b: |\n      y\n      z\n", "a.b", ["x", "y\nz\n"]),
        ("- a: x\n- a: y\n", "a", ["x", "y"]),
        ("---\na: x\n---\na: y\n", "a", ["x", "y"]),
        ("base: &b {a: x}\nmore: [*b, {<<: *b, c: z}]\n", "more.a", ["x", "x"]),
        ('[[r]]\na = "x"\n[[r]]\na = """\ny"""\n', "r.a", ["x", "y"]),
        ('a.b = "x"\r\n', "a.b", ["x"]),
        ('id,a\r\n1,"x, ""y""\r\nz"\r\n\r\n2,\r\n', "a", ['x, "y"\r\nz', ""]),
        ("\ufeffa\tb\nx y\tz\n", "a", ["x y"]),
        ("a;b\n1,5;x\n", "b", ["x"]),
        ("a.b,c\nx,y", "a.b", ["x"]),
        ("a,b\nx,y,,\n", "a", ["x"]),
    ],
)
def test_other_kinds(data: str, field: str, expected: list[str]) -> None:
    assert fields_of(data.encode(), field) == expected


MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 12)
)
LISTS = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ('{\n"a": 1,\n}', "a", "JSON: line 3: not JSON: "),
        ('[\n{"a": "x"},\n{"b": "y"}\n]', "a", "JSON: record 2: no field 'a': no 'a' in an object of b"),
        ('{\n"m": [{"a": "x"}, {"b": "y"}]}', "m.a", "JSON: no field 'm.1.a': no 'a' in an object of b"),
        ("[\n" + "[" * 200_000, "a", "JSON: nested too deeply"),
        ("- a: x\n- b: y\n", "a", "YAML: line 2: no field 'a': no 'a' in an object of b"),
        ("a: x\nb: [\n", "a", "YAML: line 3: not YAML: "),
        ("a: !x y\n", "a", "YAML: line 1: not YAML: could not determine a constructor for the tag '!x'"),
        ("a: !!python/object/apply:os.getcwd []\n", "a", "YAML: line 1: not YAML: could not determine"),
        ("a: 2024-01-31\n", "a", "YAML: line 1: field 'a' is a date, not a string"),
        ("a: 2024-13-31\n", "a", "YAML: line 1: month must be in 1..12"),
        ("a: &a [*a]\n", "a", "YAML: line 1: an alias within what it stands for"),
        ("a: x\x07\n", "a", "YAML: not YAML: "),
        ("a: !!int ''\n", "a", "YAML: line 1: not YAML: a value is not what its tag says"),
        ("a: !!timestamp x\n", "a", "YAML: line 1: not YAML: a value is not what its tag says"),
        ("a: !!bool x\n", "a", "YAML: line 1: not YAML: a value is not what its tag says"),
        ('"b\\nc": x\n', "a", "YAML: line 1: no field 'a': no 'a' in an object of b c"),
        ('b,"c\nd"\n', "a", "CSV: it has no column 'a'; its columns are b, c d"),
        (LISTS, "a11", "YAML: its aliases stand for more than 10,000,000 characters"),
        (MERGES, "a11.x", "YAML: its aliases stand for more than 10,000,000 characters"),
        ("- " * 100_000, "a", "YAML: "),
        ("a: " + "{a: " * 900, "a", "YAML: "),
        ("a = 1\nb =\n", "a", "TOML: not TOML: invalid value (at line 2, column 4)"),
        ("a = 1979-05-27\n", "a", "TOML: field 'a' is a date, not a string"),
        ("a = " + "[" * 5000, "a", "TOML: nested too deeply"),
        ("a,b\nx,y\n", "text", "CSV: it has no column 'text'; its columns are a, b"),
        ("a,a\nx,y\n", "a", "CSV: it has 2 columns 'a'; its columns are a, a"),
        ('a,b\n"x",y\n\nz\n', "b", "CSV: line 4: cells: 1, and in the header 2"),
        ("a,b\nx,y,z\n", "a", "CSV: line 2: cells: 3, and in the header 2"),
        ('a,b\nx,"y\nz\n', "a", "CSV: line 2: unexpected end of data"),
        ('a,b\n"x\ny",z\n\nw\n', "b", "CSV: line 5: cells: 1, and in the header 2"),
        ("a\tb\n1\t2\n", "c", "TSV: it has no column 'c'; its columns are a, b"),
    ],
)
def test_what_it_was_taken_for(data: str, field: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        fields_of(data.encode(), field)
    assert caught.value.message.startswith(f"taken for {message}")
    assert "\n" not in caught.value.message


def test_prose_has_no_records() -> None:
    with pytest.raises(InputError, match="no records: not JSON, JSON Lines, YAML, TOML, CSV or TSV"):
        fields_of(b"Once upon a time\n")


def test_yaml_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(InputError, match=r"taken for YAML: .* pip install 'tokscope-cli\[yaml\]'"):
        fields_of(b"text: x\n")


def as_csv(values: list[str], delimiter: str) -> str:
    file = io.StringIO(newline="")
    rows = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    rows.writerows([["id", "text"], *(["0", value] for value in values)])
    return file.getvalue()


WRITERS: dict[str, Callable[[list[str]], str]] = {
    "a.json": lambda values: json.dumps([{"text": value} for value in values], indent=2),
    "a.yaml": lambda values: yaml.safe_dump([{"text": value} for value in values]),
    "a.csv": lambda values: as_csv(values, ","),
    "a.tsv": lambda values: as_csv(values, "\t"),
}


@pytest.mark.parametrize("path", WRITERS)
@settings(deadline=None, max_examples=40)
@given(values=st.lists(texts), block=st.integers(1, 50))
def test_what_other_libraries_write_comes_back(path: str, values: list[str], block: int) -> None:
    data = WRITERS[path](values).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        assert fields_of(data, path=path) == values


def test_csv_is_streamed() -> None:
    data = b"id,text\n" + b'1,"%s"\n' % (b"x" * 1000) * 20_000
    tracemalloc.start()
    try:
        found = read_records(Document("a.csv", Decoding(), lambda: io.BytesIO(data)), "text", print)
        assert sum(1 for _ in found) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_cell_longer_than_csv_allows_at_first() -> None:
    assert fields_of(b"id,text\n1,%s\n" % (b"x" * 1_000_000)) == ["x" * 1_000_000]
