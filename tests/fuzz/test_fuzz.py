"""Broken files, hostile names and hostile texts, for every command and every format that is read.

Each run is a process. Whatever it is given it ends in time, with an exit code that means something, and on
standard error there is a line for each problem and nothing else. More of it, or one run again:

    TOKSCOPE_FUZZ_SEEDS=100-120 TOKSCOPE_FUZZ_RUNS=1000 pytest -m slow tests/fuzz
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.support import SAMPLES, ggufs
from tests.support.contract import SPECS, tokenizer_of
from tests.support.files import FILES
from tests.support.media_samples import samples
from tests.support.mutations import MUTATIONS, TEXTS
from tests.support.shell import Result, tokscope
from tests.support.texts import HOSTILE
from tests.support.tokenizer_json import KINDS, saved
from tokscope import load
from tokscope.batches import Pieces
from tokscope.cli import COMMANDS
from tokscope.vocabularies.spelling import BYTE_ALPHABET

SEEDS = range(*map(int, os.environ.get("TOKSCOPE_FUZZ_SEEDS", "0-1").split("-")))
RUNS = int(os.environ.get("TOKSCOPE_FUZZ_RUNS", "10"))
MEMORY = 6 << 30
"""Bytes of addresses that a run may ask for; a library maps much that it does not use."""

ANY_TEXT = "Hello wörld, 日本 👩‍👧 don't 123\n\n# Title\n\ttext \r\n"


class Case(NamedTuple):
    """What is broken, how, and the commands that read it; {} in them is the file, {spec} what it loads as."""

    kind: str
    make: Callable[[Path], tuple[Path, str]]
    commands: tuple[str, ...]


def file_of(name: str) -> Callable[[Path], tuple[Path, str]]:
    def make(folder: Path) -> tuple[Path, str]:
        spec = FILES[name](folder)
        (path,) = [
            each for each in folder.iterdir() if not name.startswith("terms") or each.suffix == ".dict"
        ]
        return path, spec

    return make


def written(name: str, data: bytes) -> Callable[[Path], tuple[Path, str]]:
    def make(folder: Path) -> tuple[Path, str]:
        (folder / name).write_bytes(data)
        return folder / name, str(folder / name)

    return make


def of_kind(kind: str) -> Callable[[Path], tuple[Path, str]]:
    return lambda folder: written("tokenizer.json", saved(kind).encode())(folder)


def gguf_of(model: Mapping[str, object]) -> Callable[[Path], tuple[Path, str]]:
    def make(folder: Path) -> tuple[Path, str]:
        path = ggufs.written(folder / "model.gguf", model)
        return path, f"gguf:{path}"

    return make


def merges(name: str) -> Callable[[Path], tuple[Path, str]]:
    """Make a vocab.json and its merges.txt, of which `name` is what is broken."""

    def make(folder: Path) -> tuple[Path, str]:
        vocabulary = {char: number for number, char in enumerate([*BYTE_ALPHABET, "he", "Ġt"])}
        (folder / "vocab.json").write_text(json.dumps(vocabulary), "utf-8")
        (folder / "merges.txt").write_text("#version: 0.2\nh e\nĠ t\n", "utf-8")
        return folder / name, str(folder)

    return make


def manifest(folder: Path) -> tuple[Path, str]:
    """Make a folder of Ollama's, of which the manifest is what is broken."""
    model = ggufs.written(folder / "model.gguf", GGUFS["gpt2"])
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    (folder / "blobs").mkdir()
    model.rename(folder / f"blobs/sha256-{digest}")
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}"}
    path = folder / "manifests/registry.ollama.ai/library/m/latest"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"schemaVersion": 2, "layers": [layer]}))
    return path, "ollama:m"


GGUFS: dict[str, dict[str, object]] = {
    "gpt2": {
        "model": "gpt2",
        "pre": "llama-bpe",
        "tokens": [*BYTE_ALPHABET, "he", "Ġt", "<|end|>"],
        "merges": ["h e", "Ġ t"],
        "token_type": [*[1] * 258, 3],
        "bos_token_id": 258,
    },
    "llama": {
        "model": "llama",
        "tokens": ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "▁a"],
        "scores": [0.0] * 257 + [-1.0, -2.0, -1.5],
        "token_type": [2, *[6] * 256, 1, 1, 1],
    },
    "bert": {
        "model": "bert",
        "unknown_token_id": 0,
        "tokens": ["[UNK]", "▁a", "b", "▁the"],
        "token_type": [3, 1, 1, 1],
    },
}
NOTEBOOK = b"""{"cells": [{"cell_type": "markdown", "metadata": {}, "source": ["# A\\n", "text"]},
{"cell_type": "code", "metadata": {}, "execution_count": 1, "source": "print(1)", "outputs": [
{"output_type": "stream", "name": "stdout", "text": ["1\\n"]},
{"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBOR=", "text/plain": ["x"]}}]}],
"metadata": {}, "nbformat": 4, "nbformat_minor": 5}"""
YAML = b"""a: &x {b: [text, 1, null, 2026-01-01]}
c: *x
d: |
  a block
---
a: {b: [more]}
"""
TOML_RECORDS = b"""a = { b = ["text", 1] }\n[[c]]\nd = \"\"\"one\ntwo\"\"\"\n[[c]]\nd = 'three'\n"""
CSV = b'a,b,"c d"\r\n1,"text, with ""quotes""\nand lines",3\r\n4,more,\r\n'
MEDIA = (
    "count {} -t gpt-4o,claude-sonnet-4,gemini-2.5-pro --format json",
    "count {} -t gpt-4o --format table",
    "check {} --budget 50 -t gpt-4o",
    "diff {} a.md -t gpt-4o",
    "fit {} -t gpt-4o",
    "split {} -t byte",
    "count {} -t gemini-2.5-pro --format csv",
)

READ = (
    *(
        f"{command} -t {{spec}}"
        for command in (
            *("count -x TEXT", "count -x TEXT --special", "split -x TEXT --format json"),
            *("split -x TEXT --format table", "trace -x TEXT --format table", "trace -x TEXT"),
            *("encode -x TEXT", "encode -x TEXT --special", "compare -x TEXT", "truncate -n 3 -x TEXT"),
            *("decode --text -x 0,1,5,200,70000", "chunk -n 5 -x TEXT", "stats -x TEXT", "fit -x TEXT"),
            *("chars -x TEXT", "check --budget 3 -x TEXT", "chat -x [{'role':'user','content':'Hi'}]"),
        )
    ),
    *("vocab {spec}", "vocab {spec} --grep a --format json", "vocab diff {spec} byte", "count -x TEXT -t {}"),
)

TOML = b"""[[budget]]\npaths = ["*.md", "docs/**"]\nmax = 100\nwarn = "80%"\ntokenizer = "byte"\n
[[budget]]\npaths = ["*.txt"]\ntotal = 4_000\ngrowth = 20\n"""
TEMPLATE = b"""{%- for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content }}
{%- if loop.last %}!{% endif %}{% endfor %}
{%- if add_generation_prompt %}{{ tools | tojson(indent=2) }}{% endif %}{{ strftime_now('%Y') }}"""
CHAT = b"""{"model": "gpt-4o", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user",
"content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": "data:,x"}}]},
{"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments":
"{\\"a\\": 1}"}}]}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object",
"properties": {"a": {"type": "string", "enum": ["x"]}}, "required": ["a"]}}}],
"response_format": {"type": "json_object"}}"""

HEADER = b'{"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}'
SAFETENSORS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(16)

CASES: dict[str, Case] = {
    **{f"tokenizer.json, {kind}": Case("json", of_kind(kind), READ) for kind in KINDS},
    "sentencepiece": Case("binary", file_of("sp:FILE"), READ),
    "tiktoken": Case("text", file_of("tiktoken:FILE"), READ),
    "wordpiece": Case("text", file_of("wordpiece:FILE"), READ),
    "adapted": Case("json", file_of("adapted:FILE"), READ),
    "terms": Case("text", file_of("terms:jieba"), READ),
    "neural": Case("npz", file_of("neural:FILE"), READ),
    "ngrams": Case("npz", file_of("blt:entropy?model=FILE"), READ),
    **{f"gguf, {kind}": Case("binary", gguf_of(model), READ) for kind, model in GGUFS.items()},
    "tekken": Case("json", file_of("tekken:FILE"), READ),
    "vocab.json": Case("json", merges("vocab.json"), READ),
    "merges.txt": Case("text", merges("merges.txt"), READ),
    "ollama": Case("json", manifest, READ),
    **{
        f"media, {name}": Case("binary", written(f"a.{name}", data), MEDIA)
        for name, data in samples().items()
    },
    "notebook": Case(
        "json",
        written("a.ipynb", NOTEBOOK),
        (
            *(
                "count {}",
                "count {} --outputs --format json",
                "count {} --by heading",
                "split {}",
                "stats {}",
            ),
            *("check {} --budget 5", "diff {} a.md", "chunk {} -n 9", "count {} --field cells.0.source"),
        ),
    ),
    "yaml": Case(
        "text", written("r.yaml", YAML), ("count {} --field a.b.0", "count {} --field d --format json")
    ),
    "toml records": Case(
        "text",
        written("r.toml", TOML_RECORDS),
        ("count {} --field a.b.0", "count {} --field c.d --format csv"),
    ),
    "csv": Case(
        "text", written("r.csv", CSV), ("count {} --field b", "count {} --field 2", "split {} --format table")
    ),
    "corpus": Case(
        "json",
        written("r.jsonl", b'{"text": "one two", "lang": "en"}\n{"text": "three", "lang": "de"}\n'),
        (
            "corpus count {} --field text -t byte --group-by lang",
            "corpus compare {} --field text -t byte,char --group-by lang",
            "corpus encode {} --field text -t byte --layout flat -o out",
            "corpus sample {} --field text -t byte --tokens 5 --seed 1 -o s.jsonl",
        ),
    ),
    "safetensors": Case(
        "binary",
        written("m.safetensors", SAFETENSORS),
        tuple(f"weights {one} {{}}" for one in ("rows", "glitch", "letters", "positions", "attention")),
    ),
    "picture": Case(
        "binary", written("p.png", samples()["png"]), ("train vq {} -o codes.npz --codes 2 --patch 4",)
    ),
    "molecules": Case(
        "text", written("m.smi", b"CCO ethanol\nc1ccccc1 benzene\n"), ("train molebert {} -o codes.npz",)
    ),
    "toml": Case(
        "text",
        written("tokscope.toml", TOML),
        ("check", "check --format json", "check --format github", "check --update-baseline"),
    ),
    "baseline": Case(
        "json",
        written(
            ".tokscope-baseline.json",
            b'{"version": 1, "findings": [{"rule": "max", "path": "a.md", "tokens": 9}]}',
        ),
        ("check --config tokscope.toml",),
    ),
    "chat": Case(
        "json",
        written("chat.json", CHAT),
        (
            "chat {}",
            "chat {} --format json",
            "chat {} -t claude-sonnet-4",
            "chat {} --template t.jinja -t byte",
            "chat {} -t gemini-2.5-pro",
        ),
    ),
    "template": Case(
        "text",
        written("a.jinja", TEMPLATE),
        ("chat chat.json --template {} -t byte", "chat chat.json --template {} -t gpt2 --format json"),
    ),
    "records": Case(
        "json",
        written("r.jsonl", b'{"a": {"b": ["text", 1]}, "c": "d"}\n'),
        ("count {} --field a.b.0", "count {} --field c --format json", "split {} --format md"),
    ),
    "markdown": Case(
        "text",
        written("a.md", (SAMPLES / "markdown.md").read_bytes()),
        (
            "count {} --by heading",
            "chunk {} -n 20 --by heading",
            "chunk {} --tree",
            "split {} --levels char,word,gpt2",
            "stats {} --format json",
            "compare {}",
            "init --github",
        ),
    ),
    "ids": Case(
        "text",
        written("ids.txt", b"[1, 2, 3]\n4 5\n6"),
        (
            "decode {} -t byte",
            "decode {} -t gpt2 --text",
            "decode {} -t t5",
            "decode {} --binary u16 -t byte:utf-16",
            "decode {} --binary u32 -t bert",
        ),
    ),
    "text": Case(
        "text",
        written("a.txt", "\n".join(HOSTILE.values()).encode()),
        (
            *tuple(f"count {{}} -t {spec}" for spec in SPECS),
            "train bpe {} -o out.json --vocab-size 300",
            "train unigram {} -o out.json --vocab-size 300",
            "train wordpiece {} -o out.json --vocab-size 300",
            "adapt {} --to gpt2 -o out.json",
            "diff {} a.md",
            "bench {} --runs 1 -t byte",
            "agree byte char {}",
            "train entropy {} -o out.npz",
            "count {} --encoding utf-16",
            "count {} --errors replace",
        ),
    ),
}
"""Each format that is read."""


def broken(case: Case, data: bytes, random: Random) -> bytes:
    if case.kind != "npz":
        return random.choice(MUTATIONS[case.kind])(data, random)
    if random.random() < 0.3:
        return MUTATIONS["binary"][0](data, random)
    out = io.BytesIO()  # an archive that is whole, of an array that is not
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        chosen = random.choice(old.namelist())
        for name in old.namelist():
            member = old.read(name)
            if name == chosen:
                head = random.random() < 0.5
                member = (
                    MUTATIONS["binary"][0](member[:128], random) + member[128:]
                    if head
                    else MUTATIONS["binary"][0](member, random)
                )
            new.writestr(name, member)
    return out.getvalue()


def run(case: Case, command: str, spec: str, path: Path, random: Random) -> tuple[list[str], Result]:
    text = random.choice([ANY_TEXT, *TEXTS]).replace("\x00", "").encode("utf-8", "ignore").decode()
    arguments = [
        {"TEXT": text, "{}": str(path), "{spec}": spec}.get(word, word).replace(
            "'", '"' if "[{" in word else "'"
        )
        for word in command.split()
    ]
    top = next((above for above in path.parents if (above / "blobs").is_dir()), path.parent)
    env = {"OLLAMA_MODELS": str(top)}
    return arguments, tokscope(*arguments, cwd=top, env=env, memory=MEMORY, patience=300)


def faults(command: str, done: Result) -> list[str]:
    """Say what is wrong with how a run of a command ended."""
    lines = done.err.splitlines()
    verdicts = {"check": (0, 1, 2), "diff": (0, 1, 2), "truncate": (0, 2, 3)}.get(command, (0, 2))
    return [
        *([f"exit code {done.code}"] if done.code not in verdicts else []),
        *(["no line says why"] if done.code == 2 and not lines else []),
        *(line for line in lines if not line.startswith("tokscope: ")),
        *(line for line in lines if line.startswith("tokscope: a bug") or "panick" in line),
        *(line for line in lines if line.startswith("tokscope: out of memory")),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", CASES)
def test_a_broken_file_is_a_line_and_an_exit_code(name: str, seed: int, tmp_path: Path) -> None:
    random = Random(f"{name} {seed}")
    case = CASES[name]
    path, spec = case.make(tmp_path)
    whole = path.read_bytes()
    (tmp_path / "t.jinja").write_bytes(TEMPLATE)
    for other, data in {"chat.json": CHAT, "tokscope.toml": TOML, "a.md": b"# A\n\ntext\n"}.items():
        if not (tmp_path / other).exists():
            (tmp_path / other).write_bytes(data)
    found = []
    for number in range(RUNS):
        path.write_bytes(broken(case, whole, random))
        command = random.choice(case.commands)
        try:
            arguments, done = run(case, command, spec, path, random)
            wrong = faults(arguments[0], done)
        except TimeoutError as error:
            arguments, wrong = [command], [str(error)]
        if wrong:
            kept = tmp_path / f"{number}-{path.name}"
            kept.write_bytes(path.read_bytes())
            found.append(f"{kept}: {arguments}\n    " + "\n    ".join(wrong)[:900])
    assert not found, f"{len(found)} of {RUNS}:\n" + "\n".join(found)


NAMES = [
    "-",
    "--help",
    "a\nb.md",
    "\x1b[31m.md",
    "##[debug].md",
    "::error::x.md",
    "日本.md",
    b"\xff.md".decode("utf-8", "surrogateescape"),
    "a" * 250,
    " ",
    "*",
    "[a].md",
    "{}",
    "~",
    "$HOME",
    "a\tb",
    "CON",
    "\u202e.md",
]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_hostile_name_is_a_name(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    (tmp_path / "tokscope.toml").write_bytes(TOML)
    for name in NAMES:
        (tmp_path / name).write_text(random.choice([*HOSTILE.values()]), newline="")
    commands = [
        "count .",
        "count . --by heading",
        "check",
        "split ./{}",
        "diff ./{} tokscope.toml",
        "chunk -n 9 ./{}",
        "encode ./{}",
        "stats .",
        "fit .",
        "compare .",
        "trace ./{}",
        "count --files-from ./{}",
        "chat ./{}",
        "count -x a -t ./{}",
        "count -x a -o ./{}",
        "check --config ./{}",
    ]
    found = []
    for _ in range(RUNS):
        name, format = random.choice(NAMES), random.choice(["plain", "json", "table", "csv", "md"])
        command = random.choice(commands)
        arguments = [word.replace("{}", name) for word in command.split(" ")]
        if command.split()[0] not in ("chunk", "encode"):
            arguments += ["--format", format]
        done = tokscope(
            *(os.fsencode(one) for one in arguments),
            cwd=tmp_path,
            memory=MEMORY,
            patience=300,
            env={"GITHUB_ACTIONS": random.choice(["", "true"])},
        )
        if wrong := faults(arguments[0], done):
            found.append(f"{arguments}: {wrong}")
    assert not found, "\n".join(found)


UNBROKEN = {
    **dict.fromkeys(("list", "samples", "help"), "reads nothing"),
    "play": "wants a terminal",
    "verify": "asks a server",
    "train neural": "takes minutes",
}


def test_every_command_is_given_broken_files() -> None:
    lines = " ".join(line for case in CASES.values() for line in case.commands)
    for names in COMMANDS.values():
        for name, where in names.items():
            for command in [name] if isinstance(where, str) else [f"{name} {one}" for one in where]:
                assert f"{command} " in lines or command in UNBROKEN, command


POOL = [
    *(
        "\n",
        " ",
        "a",
        "A",
        "'s",
        "1",
        ".",
        "日",
        "\u0301",
        "👩",
        "\u200d",
        "\r\n",
        "\t",
        "the ",
        "\u3000",
        "\x1c",
    ),
    *HOSTILE.values(),
]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("spec", [*SPECS, *(name for name, case in CASES.items() if case.commands is READ)])
def test_blocks_of_any_size_count_as_the_whole_text(spec: str, seed: int, tmp_path: Path) -> None:
    """As a pipe may give them: 1 to 200 characters each."""
    random = Random(f"{spec} {seed}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OLLAMA_MODELS", str(tmp_path))
        tokenizer = load(CASES[spec].make(tmp_path)[1]) if spec in CASES else tokenizer_of(spec)
    if tokenizer.cut is None and tokenizer.stretches is None:
        pytest.skip("takes a text as a whole")
    for _ in range(RUNS):
        text = "".join(random.choices(POOL, k=random.randrange(1, 80)))
        pieces, counted, at = Pieces(tokenizer.cut or tokenizer.stretches), 0, 0
        while at < len(text):
            size = random.choice([1, 2, 3, random.randrange(1, 200)])
            if piece := pieces.add(text[at : at + size]):
                counted += tokenizer.count(piece)
            at += size
        counted += tokenizer.count(pieces.rest())
        assert counted == tokenizer.count(text), (text, spec)
