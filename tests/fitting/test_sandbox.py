"""Chat templates as programs: what they may cost, and that nothing of it is paid here."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.support.shell import tokscope
from tokscope.cli import run
from tokscope.errors import InputError
from tokscope.files import confined
from tokscope.fitting.sandbox import Sandboxed

HI = [{"role": "user", "content": "Hi"}]
LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ 'a' * 10**10 }}", "the template needs more than 1,024 MiB of memory; --no-limit lets it"),
        pytest.param("{{ messages[0].content * 10**9 }}", "MiB of memory", marks=pytest.mark.slow),
        pytest.param("{{ 'a' * 10**9 }}", "MiB of memory", marks=pytest.mark.slow),
        pytest.param("{{ '%999999999d' % 1 }}", "MiB of memory", marks=pytest.mark.slow),
        ("{{ messages|tojson(indent=10**12) }}", "MiB of memory"),
        ("{{ messages|tojson(indent=10**7) }}", "the template gives more than 32 MiB"),
        ("{{ 'x' | truncate(-5) }}", "the template fails on this request: expected length"),
        ("{{ '\\ud800' }}", "the template writes half a character (U+D800)"),
        ("{{ 10 ** 5000 }}", "4300 digits"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion"),
        ("{{ messages[0].content.encode('x') }}", "unknown encoding"),
    ],
)
def test_what_a_template_may_not_cost_is_one_line_and_2(source: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.jinja").write_text(source)
    (tmp_path / "chat.json").write_text(json.dumps(HI))
    done = tokscope("chat", "chat.json", "--template", "a.jinja", "-t", "byte", cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("tokscope: a.jinja: ")
    assert done.err.count("\n") == 1
    assert says in done.err


@pytest.mark.slow
def test_a_loop_without_an_end_has_one(tmp_path: Path) -> None:
    (tmp_path / "a.jinja").write_text(LOOP)
    done = tokscope("chat", "-x", json.dumps(HI), "--template", "a.jinja", "-t", "byte", cwd=tmp_path)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "takes more than 10 s of computing; --no-limit lets it" in done.err


def test_no_limit_lifts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_limited", True)
    program = Sandboxed("b.jinja", ImmutableSandboxedEnvironment(), "{{ 'a' * (34 * 2**20) }}")
    with pytest.raises(InputError, match="more than 32 MiB; --no-limit lets it"):
        program.render({})
    assert run(["count", "-x", "a", "-t", "byte", "--no-limit"]) == 0
    program = Sandboxed("b.jinja", ImmutableSandboxedEnvironment(), "{{ 'a' * (34 * 2**20) }}")
    assert len(program.render({})) == 34 * 2**20


@pytest.mark.slow
def test_the_memory_of_a_template_is_not_ours() -> None:
    """Also while it is compiled: the compiler of Jinja folds constants."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="MiB of memory"):
        Sandboxed("a.jinja", ImmutableSandboxedEnvironment(), "{{ 'a' * 700000000 ~ 'b' }}")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < most + 100_000


def test_a_render_in_a_child_is_the_render_here() -> None:
    environment = ImmutableSandboxedEnvironment()
    source = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{{ x }}"
    names = {"messages": [{"role": "user", "content": "日本 🦜"}], "x": None}
    program = Sandboxed("a.jinja", environment, source)
    for _ in range(3):
        assert (
            program.render(names) == program.render(**names) == environment.from_string(source).render(names)
        )
