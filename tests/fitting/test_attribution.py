"""Whose is what in a rendered prompt: worked out by hand, or by how the template is built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokscope import load
from tokscope.fitting import template
from tokscope.fitting.chat.request_reader import request

ROLES = {"u": "user", "a": "assistant", "s": "system", "t": "tool"}

PLAIN = "{% for m in messages %}<{{ m.role }}>{{ m.content }}|{% endfor %}{{ '>' if add_generation_prompt }}"
TRIMS = PLAIN.replace("m.content", "m.content | trim")
TESTS = PLAIN.replace("{{ m.content }}", "{{ '!' if m.content[:1] == 'q' }}{{ m.content }}")
THINKS = (
    "{% for m in messages %}[{{ m.role }}]{{ '(think)' if loop.last and m.role == 'assistant' }}"
    "{{ m.content.split('</think>')[-1] }}|{% endfor %}{{ '>' if add_generation_prompt }}"
)
MOVES = (
    "{% for m in messages %}{% if m.role == 'user' %}<u>{{ messages[0].content + '; ' if loop.last }}"
    "{{ m.content }}</u>{% elif m.role == 'assistant' %}{{ m.content }}</a>{% endif %}{% endfor %}"
)
GATHERS = (
    "{% for m in messages %}{% set before = messages[loop.index0 - 1].role if loop.index0 else '' %}"
    "{% if m.role == 'tool' %}{{ '<tools>' if before != 'tool' }}[{{ m.content }}]"
    "{{ '</tools>' if loop.last or messages[loop.index0 + 1].role != 'tool' }}"
    "{% else %}<{{ m.role }}>{{ m.content }}|{% endif %}{% endfor %}"
)
ENDS_WITH_USER = (
    "{% if messages[-1].role != 'user' %}{{ raise_exception('the user has the last word') }}{% endif %}"
    + PLAIN
)
TWO = "{% if messages | length != 2 %}{{ raise_exception('two') }}{% endif %}" + PLAIN
SHOUTS = PLAIN.replace("m.content", "m.content | upper")


def rows(value: Any, source: str, folder: Path) -> dict[str, tuple[int, int]]:
    """Give the text and the overhead of each row, in bytes."""
    path = folder / "chat_template.jinja"
    path.write_text(source)
    parts = template.template_parts(request(value), template.load_template(str(path)), load("byte"))
    return {part.name: (part.text, part.overhead) for part in parts}


def talk(*messages: str) -> list[dict[str, str]]:
    return [{"role": ROLES[one[0]], "content": one[2:]} for one in messages]


@pytest.mark.parametrize(
    ("source", "messages", "expected"),
    [
        (PLAIN, ["u:a b", "a:a", "u:b"], {"1 user": (3, 7), "2 assistant": (1, 12), "3 user": (1, 7)}),
        (PLAIN, ["u:user", "a:user", "u:>"], {"1 user": (4, 7), "2 assistant": (4, 12), "3 user": (1, 7)}),
        (PLAIN, ["u:", "a:", "u:"], {"1 user": (0, 7), "2 assistant": (0, 12), "3 user": (0, 7)}),
        (TRIMS, ["u: a\n", "a:a ", "u:a"], {"1 user": (1, 7), "2 assistant": (1, 12), "3 user": (1, 7)}),
        # the second begins as the template asks of a text, so that no mark can come before it
        (TESTS, ["u:aq", "a:q", "u:q"], {"1 user": (2, 7), "2 assistant": (1, 13), "3 user": (1, 8)}),
        # alone the first two render otherwise than in the whole
        (THINKS, ["u:a b", "a:a", "u:b"], {"1 user": (3, 7), "2 assistant": (1, 12), "3 user": (1, 7)}),
        (THINKS, ["u:b", "a:hm</think>\nok", "u:b"], {"1 user": (1, 7), "2 assistant": (2, 13)}),
        # the first stands in the last
        (
            MOVES,
            ["s:a", "u:a", "a:a", "u:a"],
            {"1 system": (1, 0), "2 user": (1, 7), "3 assistant": (1, 4), "4 user": (1, 9)},
        ),
        (
            GATHERS,
            ["u:x", "t:x", "t:x", "a:x"],
            {"1 user": (1, 7), "2 tool": (1, 9), "3 tool": (1, 10), "4 assistant": (1, 12)},
        ),
        (
            ENDS_WITH_USER,
            ["u:a", "a:a", "a:b", "u:a"],
            {"1 user": (1, 7), "2 assistant": (1, 12), "3 assistant": (1, 12), "4 user": (1, 7)},
        ),
        (TWO, ["u:a", "a:a"], {"1 user": (1, 6), "2 assistant": (1, 1), "not told apart": (0, 12)}),
        (SHOUTS, ["u:a", "a:B"], {"1 user": (0, 8), "2 assistant": (1, 12)}),
    ],
)
def test_each_message_has_what_it_wrote(
    source: str, messages: list[str], expected: dict[str, tuple[int, int]], tmp_path: Path
) -> None:
    found = rows(talk(*messages), source, tmp_path)
    assert {name: found.get(name) for name in expected} == expected
    assert found["reply"] == (0, 1 if source.endswith("'>' if add_generation_prompt }}") else 0)


PIECES = st.sampled_from(["a", "b", "ab", "user", "<user>", "|", "assistant", " ", "\n", "日", "Zq0x0o"])
TEXTS = st.lists(PIECES, max_size=4).map("".join)
TURNS = st.lists(st.tuples(st.sampled_from(["user", "assistant", "tool"]), TEXTS), min_size=1, max_size=6)


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(TURNS)
def test_texts_that_repeat_and_hold_one_another(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    value = [{"role": role, "content": text} for role, text in turns]
    found = rows(value, PLAIN, folder)
    assert found == {
        **{f"{n} {role}": (len(text.encode()), len(role) + 3) for n, (role, text) in enumerate(turns, 1)},
        "reply": (0, 1),
    }


CALLS = PLAIN.replace(
    "{{ m.content }}",
    "{{ m.content }}{% for c in m.tool_calls or [] %}"
    "({{ c.function.name }} {{ c.function.arguments | tojson }}){% endfor %}",
)


def test_calls_are_their_messages(tmp_path: Path) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "a", "arguments": json.dumps({"x": "a"})}}
    value = [*talk("u:a"), {"role": "assistant", "content": None, "tool_calls": [call, call]}, *talk("t:a")]
    found = rows(value, CALLS, tmp_path)
    assert {name: sum(both) for name, both in found.items()} == {
        "1 user": 8,
        "2 assistant": 12 + 2 * len('(a {"x": "a"})'),
        "3 tool": 8,
        "reply": 1,
    }


@pytest.mark.parametrize("kept", ["user", "assistant"])
def test_a_text_that_is_left_out_is_not_found_in_another(kept: str, tmp_path: Path) -> None:
    source = PLAIN.replace("{{ m.content }}", f"{{{{ m.content if m.role == '{kept}' }}}}")
    (tmp_path / "chat_template.jinja").write_text(source)
    parts = template.template_parts(
        request(talk("u:a", "a:a")),
        template.load_template(str(tmp_path / "chat_template.jinja")),
        load("byte"),
    )
    (place,) = [place for part in parts for place in part.unknown]
    assert place == f"messages[{1 if kept == 'user' else 0}]: left out by the template"


def test_long_talks_take_no_rendering_for_each_message(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_text(THINKS)
    loaded = template.load_template(str(tmp_path / "chat_template.jinja"))
    rendered = 0

    class Counting(template.Template):
        def render(self, *given: Any, **more: Any) -> str:
            nonlocal rendered
            rendered += 1
            return super().render(*given, **more)

    value = request(talk(*(f"{'ua'[n % 2]}:text {n}" for n in range(60))))
    found = list(template.template_parts(value, Counting(*loaded), load("byte")))
    assert (len(found), rendered) == (61, 6)  # whole, marked, each order of roles and the last, and the end
