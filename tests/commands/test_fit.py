"""Fit: windows against counts, prices without a network, what attention costs, the plot."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from genai_prices import Usage, calc_price

from tests.support import SAMPLES
from tests.support.shell import tokscope
from tokscope.fitting.attention import ARCHITECTURES, attention_costs
from tokscope.models.limits import known_models


def results(*arguments: str | Path) -> list[dict[str, object]]:
    done = tokscope("fit", *arguments, "--format", "json")
    assert (done.code, done.err) == (0, "")
    found: list[dict[str, object]] = json.loads(done.out)["results"]
    return found


def test_what_fits_and_what_is_left() -> None:
    text = "word " * 8000
    small, large = results("-x", text, "-t", "gpt-4,gpt-4o")
    assert small["tokens"] == large["tokens"] == 8001
    assert (small["window"], small["fits"], small["left"]) == (8192, True, 191)
    assert (large["window"], large["fits"], large["left"]) == (128_000, True, 16_384)
    assert large["used"] == 8001 / 128_000
    (over,) = results("-x", text * 2, "-t", "gpt-4")
    assert (over["fits"], over["left"]) == (False, 0)


def test_all_inputs_are_one_prompt() -> None:
    paths = [SAMPLES / "english.txt", SAMPLES / "chinese.txt"]
    (both,) = results(*paths, "-t", "gpt-4o")
    each = [results(path, "-t", "gpt-4o")[0] for path in paths]
    assert both["tokens"] == sum(int(str(one["tokens"])) for one in each)
    assert (both["path"], each[0]["path"]) == (None, str(paths[0]))


def test_each_model_is_counted_by_its_own_tokenizer_or_estimated() -> None:
    found = {
        result["model"]: (result["tokenizer"], result["exact"])
        for result in results("-x", "Hello", "-t", "gpt-4,deepseek-v4-pro,claude-opus-5-5,gpt-4o-2024-11-20")
    }
    assert found == {
        "gpt-4": ("cl100k_base", True),
        "deepseek-v4-pro": ("deepseek", True),
        "claude-opus-5-5": ("claude-opus-5-5", False),
        "gpt-4o-2024-11-20": ("o200k_base", True),
    }


def test_a_model_whose_window_is_not_known_has_its_row() -> None:
    names = ["gpt-5.5", "gemini-3-pro", "claude-opus-5-5"]
    for format in ("table", "plain", "json"):
        done = tokscope("fit", "-x", "Hello", "-t", ",".join(names), "--format", format)
        assert "no context window is known for gemini-3-pro" in (done.out + done.err).replace("\n", " ")
    found = json.loads(done.out)["results"]
    assert [one["model"] for one in found] == names
    assert [one["window"] for one in found] == [1_050_000, None, 1_000_000]
    row = found[1]
    assert (row["tokens"], row["fits"], row["used"], row["left"]) == (1, None, None, None)
    assert row["error"] == "no context window is known"


def test_patterns() -> None:
    assert [result["model"] for result in results("-x", "a", "-t", "*")] == list(known_models())
    names = [str(result["model"]) for result in results("-x", "a", "-t", "claude-*,gpt-4")]
    assert len(names) > 5
    assert names.pop() == "gpt-4"
    assert all(name.startswith("claude-") for name in names)
    assert len(results("-x", "a")) > 5


def test_prices_are_those_of_genai_prices(tmp_path: Path) -> None:
    tokens = 300_000  # where several models have a second, higher price
    path = tmp_path / "long.txt"
    path.write_text("a" + " a" * (tokens - 1))
    for result in results(path, "-t", "gpt-4o,gpt-5.5,claude-opus-5-5,gemini-2.5-pro"):
        expected = calc_price(
            Usage(input_tokens=int(str(result["tokens"]))), str(result["model"])
        ).total_price
        assert result["price"] == pytest.approx(float(expected))
    assert results("-x", "a", "-t", "gpt-2")[0]["price"] is None


WITHOUT = """
import sys
if sys.argv[1] == "socket":
    import socket
    def refuse(*arguments, **options): raise SystemExit("a socket was asked for")
    socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
else:
    sys.modules[sys.argv[1]] = None
from tokscope.cli import run
sys.exit(run(sys.argv[2:]))
"""


def without(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command line in a process that has no such package, or no network."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, module, *arguments], capture_output=True, text=True, check=False
    )


def test_prices_need_no_network() -> None:
    done = without("socket", "fit", "-x", "Hello", "-t", "gpt-4o", "--format", "json")
    payload = json.loads(done.stdout)
    assert done.returncode == 0
    assert payload["results"][0]["price"] > 0
    assert payload["summary"]["prices"]["source"].startswith("genai-prices ")
    assert payload["summary"]["prices"]["dated"] > "2026-10"


def test_without_the_extras() -> None:
    done = without("genai_prices", "fit", "-x", "Hello", "-t", "gpt-4o", "--format", "table")
    assert done.returncode == 0
    assert "US$" not in done.stdout
    assert "pip install 'tokscope-cli[prices]'" in done.stdout
    done = without("jinja2", "chat", "-x", "[]", "--template", "a.jinja", "-t", "byte")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'tokscope-cli[chat]'" in done.stderr


# --- what it costs to compute ----------------------------------------------------------------------------


def test_costs_of_a_named_architecture() -> None:
    found = results("-x", "a" * 8192, "-t", "byte", "--arch", "llama-3-8b")
    assert [result["attention"] for result in found] == [
        *("full", "window 4096", "bigbird", "linear", "hierarchical", "longformer", "retro", "memorizing"),
        "summaries, 4 at a time",
    ]
    assert found[0]["kv_cache_bytes"] == 1 << 30
    assert [result["flops"] for result in found] == [
        cost.flops for cost in attention_costs(ARCHITECTURES["llama-3-8b"], 8192, window=4096)
    ]


def test_an_architecture_by_its_figures() -> None:
    named = results("-x", "abc", "-t", "byte", "--arch", "llama-3-8b", "--window", "2")
    figures = ["--layers", "32", "--heads", "32", "--kv-heads", "8", "--head-dim", "128", "--window", "2"]
    own = results("-x", "abc", "-t", "byte", *figures)
    assert [{**one, "positions": 8192} for one in own] == named  # which nobody has said of these
    wide = results("-x", "abc", "-t", "byte", "--arch", "llama-3-8b", "--kv-heads", "32")
    assert wide[0]["kv_cache_bytes"] == 4 * int(str(named[0]["kv_cache_bytes"]))


def test_costs_stand_under_the_windows() -> None:
    arguments = ("fit", "-x", "Hello", "-t", "gpt-4,gpt-4o,byte", "--arch", "gpt-2")
    payload = json.loads(tokscope(*arguments, "--format", "json").out)
    assert [result["model"] for result in payload["results"]] == ["gpt-4", "gpt-4o"]
    assert [(one["tokenizer"], one["tokens"]) for one in payload["costs"][::9]] == [
        ("cl100k_base", 1),
        ("o200k_base", 1),
        ("byte", 5),
    ]
    lines = list(map(json.loads, tokscope(*arguments, "--format", "ndjson").out.splitlines()))
    assert lines == [*payload["results"], *({"costs": one} for one in payload["costs"])]
    for form in ("table", "plain", "md"):
        out = tokscope(*arguments, "--format", form).out
        assert (
            0
            < out.index("gpt-4o")
            < out.index("What the length costs to compute, gpt-2")
            < out.index("bigbird")
        )
    default = json.loads(tokscope(*arguments[:3], *arguments[5:], "--format", "json").out)
    assert len(default["results"]) > 5
    assert {one["tokenizer"] for one in default["costs"]} == {"o200k_base"}


def test_nothing_costs_nothing() -> None:
    assert results("-x", "", "-t", "byte", "--arch", "gpt-2")[0]["flops"] == 0
    assert results("-x", "", "-t", "gpt-4o")[0]["price"] == 0


def test_the_points_of_the_plot_are_for_programs() -> None:
    arguments = ("-x", "a", "--arch", "llama-3-8b", "--plot")
    points = json.loads(tokscope("fit", *arguments, "--format", "json").out)["costs"]
    assert points[0]["tokens"] == 256
    assert points[-1]["tokens"] == 131_072
    csv = tokscope("fit", *arguments, "--format", "csv").out.splitlines()
    assert len(csv) == len(points) + 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-t", "char"], "no context window is known for 'char'"),
        (["-t", "gpt-44"], "gpt-4"),
        (["-t", "nonsense-*"], "-t '*' shows every model"),
        (["-t", ","], "no model is named"),
        (["gone.txt", "--arch", "gpt-2", "--plot"], "gone.txt"),
        (["--plot"], "--arch"),
        (["--arch", "llama"], "llama-3-8b"),
        (["-x", "a", "--arch", "gpt-2", "-t", "gpt-44"], "did you mean gpt-4"),
        (["-x", "a", "--arch", "gpt-2", "-t", ","], "name a model or tokenizer"),
        (["--layers", "3"], "--head-dim"),
        (["--layers", "9" * 400, "--heads", "1", "--head-dim", "1"], "--layers"),
        (["--layers", "0"], "--layers"),
        (["-x", "a", "--window", "8000"], "add --arch NAME; a window of your own is a budget"),
        (["gone.txt"], "gone.txt"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_2(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = tokscope("fit", *arguments, cwd=tmp_path)
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert says in done.err
    assert done.out.count("\n") <= 1  # a heading, where an input could not be read


def test_an_architectures_limit_is_said() -> None:
    done = tokscope("fit", "-x", "a" * 600, "-t", "byte", "--arch", "bert-base", "--format", "table")
    assert "bert-base has positions for 512 tokens: for 600 these are the figures of one like it" in done.out
    assert "an encoder, which reads a text at once and caches nothing" in done.out
    assert "KV" not in done.out
    found = results("-x", "a" * 600, "-t", "byte", "--arch", "bert-base")
    assert {one["kv_cache_bytes"] for one in found} == {None}
    done = tokscope("fit", "-x", "a" * 600, "-t", "byte", "--arch", "gpt-2", "--format", "table")
    assert "gpt-2 has positions for 1,024 tokens\n" in done.out
    plain = tokscope("fit", "-x", "a", "-t", "byte", "--arch", "gpt-2").out.splitlines()
    assert {row.split("\t")[-1].strip() for row in plain} == {"positions", "1024"}
    assert (
        "positions"
        not in tokscope(
            "fit", "-x", "a", "-t", "byte", "--layers", "2", "--heads", "2", "--head-dim", "8"
        ).out
    )


def test_globals_and_fan_out() -> None:
    arguments = ("-x", "a" * 2000, "-t", "byte", "--arch", "gpt-2", "--window", "100")
    found = {one["attention"]: one for one in results(*arguments, "--globals", "9", "--fan-out", "2")}
    plain = {one["attention"]: one for one in results(*arguments)}
    assert int(str(found["longformer"]["flops"])) > int(str(plain["longformer"]["flops"]))
    assert (found["summaries, 2 at a time"]["calls"], plain["summaries, 4 at a time"]["calls"]) == (41, 28)
    assert tokscope("fit", "-x", "a", "-t", "byte", "--arch", "gpt-2", "--fan-out", "1").code == 2


def test_the_larger_gpt_4() -> None:
    (one,) = results("-x", "hi", "-t", "gpt-4-32k")
    assert (one["window"], one["left"], one["tokenizer"]) == (32_768, 4096, "cl100k_base")
