"""Files and folders as they come: told by content, and what they are not said by name."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import tokenizers

from tests.support.ggufs import written
from tests.support.shell import tokscope
from tokscope import load
from tokscope.backends.tiktoken import KNOWN_FILES
from tokscope.errors import BrokenTokenizer, UsageError
from tokscope.files.special_tokens import read_special_tokens
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.build import tiktoken_bytes
from tokscope.vocabularies.spelling import BYTE_ALPHABET

VOCAB = {char: i for i, char in enumerate([*BYTE_ALPHABET, "he", "Ġt", "<|endoftext|>"])}
MERGES = "#version: 0.2\nh e\nĠ t\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder that has one tokenizer in many forms."""
    (tmp_path / "vocab.json").write_text(json.dumps(VOCAB))
    (tmp_path / "merges.txt").write_text(MERGES)
    engine = tokenizers.ByteLevelBPETokenizer(str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt"))
    engine.save(str(tmp_path / "tokenizer.json"))
    pieces, merges = [*VOCAB], MERGES.splitlines()[1:]
    written(tmp_path / "model.gguf", {"model": "gpt2", "pre": "gpt-2", "tokens": pieces, "merges": merges})
    return tmp_path


def test_a_folders_tokenizer_is_taken_in_order(folder: Path) -> None:
    spec = f"{folder.name}"
    for name, scheme in (("tokenizer.json", "hf"), ("vocab.json", "merges"), ("model.gguf", "gguf")):
        done = tokscope("count", "-x", "the", "-t", spec, "--format", "json", cwd=folder.parent)
        assert json.loads(done.out)["results"][0]["tokenizer"] == f"{scheme}:{folder.name}/{name}"
        (folder / name).unlink()
    (folder / "vocab.txt").write_text("[UNK]\nhe\n")
    done = tokscope("count", "-x", "a", "-t", spec, "--format", "json", cwd=folder.parent)
    assert json.loads(done.out)["results"][0]["tokenizer"] == f"wordpiece:{folder.name}/vocab.txt"
    ranks = {bytes([byte]): byte for byte in range(256)}
    (folder / "own.tiktoken").write_bytes(tiktoken_bytes(ranks))
    done = tokscope("count", "-x", "a", "-t", spec, cwd=folder.parent)
    assert "?pattern=" in done.err
    for name in ("own.tiktoken", "vocab.txt"):
        (folder / name).unlink()
    done = tokscope("count", "-x", "a", "-t", spec, cwd=folder.parent)
    assert (done.code, "holds none of tokenizer.json" in done.err) == (2, True)


def test_two_tokenizers_in_one_folder(folder: Path) -> None:
    pieces = [*VOCAB, "Ġth", "Ġthe"]  # with other merges than the others have
    model = {"model": "gpt2", "pre": "gpt-2", "tokens": pieces, "merges": ["Ġ t", "Ġt h", "Ġth e", "h e"]}
    (folder / "vocab.txt").write_text("[UNK]\nhe\n")
    with pytest.raises(BrokenTokenizer, match=r"tokenizer\.json and vocab\.txt disagree: 'the' is 2 .* 1 "):
        load(str(folder))
    (folder / "vocab.txt").write_text("not one")  # of no use, and no reason to refuse the other
    (folder / "other.gguf").write_bytes(b"GGUF")  # beside the one that there is
    assert load(str(folder)).count("the") == 2
    name = folder.name
    for command in (
        f"count -x the -t {name}",
        f"count -x the -t {name} --format json",
        f"agree {name} char -x the",
    ):
        said = tokscope(*command.split(), cwd=folder.parent).err
        assert f"{name}: tokenizer.json is taken" in said
        assert f"{name}: vocab.txt is passed over: " in said
        assert f"{name}: 2 files *.gguf are passed over" in said
    (folder / "other.gguf").unlink()
    (folder / "vocab.txt").unlink()
    written(folder / "model.gguf", model)
    with pytest.raises(
        BrokenTokenizer, match=r"tokenizer\.json and model\.gguf disagree: 'of the' is 4 .* 3 "
    ):
        load(str(folder))


def test_two_of_a_kind_are_asked_about(folder: Path) -> None:
    for name in ("tokenizer.json", "vocab.json"):
        (folder / name).unlink()
    (folder / "other.gguf").write_bytes((folder / "model.gguf").read_bytes())
    with pytest.raises(BrokenTokenizer, match=r"has 2 files \*\.gguf.*model\.gguf, other\.gguf"):
        load(str(folder))


def test_a_small_difference_is_said(folder: Path) -> None:
    (folder / "model.gguf").unlink()
    (folder / "vocab.json").write_text(json.dumps({**VOCAB, "hel": len(VOCAB)}))
    (folder / "merges.txt").write_text(MERGES + "he l\n")
    assert load(str(folder)).remarks[1:] == [
        f"{folder}: vocab.json is passed over, and differs: 'hel' is 2 tokens by tokenizer.json and 1 by it"
    ]


@pytest.mark.parametrize("other", ["mmproj-model.gguf", "model-00002-of-00002.gguf"])
def test_the_file_of_several_that_has_a_tokenizer(folder: Path, other: str) -> None:
    for name in ("tokenizer.json", "vocab.json"):
        (folder / name).unlink()
    written(folder / other, {})
    found = load(str(folder))
    assert (found.name, found.count("the")) == (f"gguf:{folder / 'model.gguf'}", 2)
    assert [f"{other} is passed over" in one for one in found.remarks] == [True, False]


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt"])
def test_vocab_json_and_merges(folder: Path, name: str) -> None:
    found = load(str(folder / name))
    engine = tokenizers.ByteLevelBPETokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    for text in ("he the 12\n\n", "é日😀", "", " "):
        assert list(found.encode(text).ids or ()) == engine.encode(text).ids
    assert load(str(folder / name), special=True).count("<|endoftext|>") == 1
    assert found.count("<|endoftext|>") == 13


def test_one_without_the_other_is_named(folder: Path) -> None:
    (folder / "merges.txt").rename(folder / "kept.txt")
    with pytest.raises(BrokenTokenizer, match=r"this is a vocab\.json: its merges\.txt is missing"):
        load(str(folder / "vocab.json"))
    (folder / "kept.txt").rename(folder / "merges.txt")
    (folder / "vocab.json").unlink()
    with pytest.raises(BrokenTokenizer, match=r"this is a merges\.txt: its vocab\.json is missing"):
        load(str(folder / "merges.txt"))


def test_merges_that_do_not_fit(folder: Path) -> None:
    (folder / "merges.txt").write_text("#version: 0.2\nno where\n")
    with pytest.raises(BrokenTokenizer, match="does not fit"):
        load(str(folder / "vocab.json"))


def test_a_broken_vocab_json_is_called_one(folder: Path) -> None:
    (folder / "vocab.json").write_text('{"a": 0, "b" 1}')
    with pytest.raises(BrokenTokenizer, match=r"vocab\.json: a broken vocab\.json: not JSON"):
        load(f"merges:{folder / 'vocab.json'}")


@pytest.mark.parametrize("token_id", [1 << 31, 1 << 70, -1])
def test_an_id_that_no_library_survives(token_id: int, folder: Path) -> None:
    (folder / "vocab.json").write_text(json.dumps(VOCAB | {"he": token_id}))
    with pytest.raises(BrokenTokenizer, match="the id of 'he' is not a number from 0 to 16,777,215"):
        load(f"merges:{folder / 'vocab.json'}")


@pytest.mark.parametrize(
    ("vocabulary", "says"),
    [
        ('{"a": 0, "b": 1, "a": 2}', "'a' is in it twice"),
        ('{"a": 0, "b": 1, "c": 0}', "'a' and 'c' have the same id, 0"),
    ],
)
def test_a_vocabulary_with_duplicates(folder: Path, vocabulary: str, says: str) -> None:
    (folder / "vocab.json").write_text(vocabulary)
    (folder / "merges.txt").write_text("#version: 0.2\n")
    with pytest.raises(BrokenTokenizer, match=f"damaged: {says}"):
        load(f"merges:{folder / 'vocab.json'}")


def test_a_word_that_a_vocab_txt_has_twice(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("[UNK]\nhello\nthe\nhello\n")
    found = load(str(path))
    assert list(found.encode("hello").ids or ()) == [3]
    assert found.remarks == [f"{path}: 'hello' stands in lines 2 and 4: the last of equal lines counts"]
    path.write_text("[UNK]\nhello\n")
    assert not load(str(path)).remarks


def test_a_modelfile_is_named(tmp_path: Path) -> None:
    for text, named in (
        ("FROM qwen3:8b\nPARAMETER temperature 1\n", "-t ollama:qwen3:8b$"),
        ("# of mine\r\n\r\nfrom ./own.gguf\r\n", r"-t \./own\.gguf$"),
    ):
        (tmp_path / "Modelfile").write_text(text)
        with pytest.raises(BrokenTokenizer, match=f"this is a Modelfile: .*{named}"):
            load(str(tmp_path / "Modelfile"))


def test_ranks_that_are_known_by_hash(tmp_path: Path) -> None:
    shipped = dict(load("cl100k_base")._ranks.items())  # type: ignore[attr-defined]
    path = tmp_path / "any.tiktoken"
    path.write_bytes(tiktoken_bytes(shipped))
    found = load(str(path))
    assert found.vocab_size == VOCABULARIES["cl100k_base"].vocab_size
    assert found.encode("Hello 12345's").ids == load("cl100k_base").encode("Hello 12345's").ids
    for special, ids in (
        (True, [64, 100257]),
        (False, list(load("cl100k_base").encode("a<|endoftext|>").ids or ())),
    ):
        assert list(load(str(path), special=special).encode("a<|endoftext|>").ids or ()) == ids
    none = load(f"{path}?pattern=gpt2", special=True)
    assert ["--special finds none" in one for one in none.remarks] == [True]


def test_the_special_tokens_of_files_that_do_not_ship() -> None:
    sizes = {first + len(special) for _, first, special, _ in KNOWN_FILES.values()}
    assert sizes == {128256, 202048, 51865}  # as their makers give them
    named = {
        token: first + i for _, first, special, _ in KNOWN_FILES.values() for i, token in enumerate(special)
    }
    assert (named["<|eot_id|>"], named["<|startoftranscript|>"], named["<|notimestamps|>"]) == (
        128009,
        50258,
        50363,
    )
    assert all(len(set(special)) == len(special) for _, _, special, _ in KNOWN_FILES.values())


# --- special tokens of one's own


def test_own_special_tokens(tmp_path: Path) -> None:
    path = tmp_path / "special.json"
    path.write_text('{"<|im_start|>": 200100}')
    for spec in ("o200k_base?special=<|im_start|>=200100", f"o200k_base?special={path}"):
        found = load(spec, special=True)
        assert list(found.encode("a<|im_start|>").ids or ()) == [64, 200100]
        assert found.decode([64, 200100]) == b"a<|im_start|>"
        assert found.vocab_size == 200101
        assert load(spec).count("<|im_start|>") > 1
        assert load(load(spec).name).vocab_size == 200101
    arguments = ("encode", "-x", "a<|im_start|>b", "--special")
    done = tokscope("count", *arguments[1:], "-t", "o200k_base", "--special-token", "<|im_start|>=200100")
    assert done.out == "3\n"
    ranks = tmp_path / "own.tiktoken"
    ranks.write_bytes(b"".join(base64.b64encode(bytes([byte])) + b" %d\n" % byte for byte in range(256)))
    spec = f"tiktoken:{ranks}?pattern=gpt2&special=<s>=300"
    assert list(load(spec, special=True).encode("<s>a").ids or ()) == [300, 97]


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("<s>=5", UsageError, "another token's"),
        ("<s>=500\n</s>=500", UsageError, "another token's"),
        ("gone.json", BrokenTokenizer, "gone.json"),
        *((f"<s>{wrong}", UsageError, "NAME=ID") for wrong in ("=-5", "=abc", "", "=", "=" + "9" * 40)),
        ("=300", UsageError, "NAME=ID"),
        ("<s>=300\n<t>", UsageError, "special token '<t>': .*NAME=ID"),
    ],
)
def test_special_tokens_that_are_none(text: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        read_special_tokens(text, range(256))


def test_special_tokens_are_for_ranks() -> None:
    done = tokscope("count", "-x", "a", "-t", "char", "--special-token", "a=1")
    assert (done.code, "--special-token is for bpe" in done.err) == (2, True)


@pytest.mark.parametrize("head", [b"\x40\0\0\0\0\0\0\0{", b"PK\3\4"])
def test_weights_are_no_tokenizer(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(head)
    with path.open("r+b") as file:
        file.truncate(6 << 30)  # a hole
    with pytest.raises(BrokenTokenizer, match="holds a model's weights; name the tokenizer"):
        load(str(path))
