"""What a chat template is given, where it is found, and when its count is exact.

The expected prompts are those of transformers 5.24 (apply_chat_template) and, for contents that are lists, of
vLLM, which joins texts with newlines unless the template goes through them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.chat_requests import DIALECTS
from tests.support.shell import tokscope
from tokscope import load
from tokscope.fitting import template
from tokscope.fitting.chat import Part
from tokscope.fitting.chat.request_reader import request
from tokscope.fitting.messages import as_openai

TURNS = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{{ '>' if add_generation_prompt }}"
IN_PARTS = (
    "{% for m in messages %}<{{ m.role }}>{% if m.content is string %}{{ m.content }}{% else %}"
    "{% for part in m.content %}({{ part.text }}){% endfor %}{% endif %}{% endfor %}"
)
WHOLE = (
    "{% for t in tools or [] %}[{{ t | tojson }}]{% endfor %}"
    "{% for m in messages %}<{{ m.role }}>{{ m.reasoning_content or '' }}{{ m.content }}"
    "{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments | tojson }}{% endfor %}"
    "{% endfor %}"
)
LLAMA3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = "
    "'<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + "
    "'<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}"
    "{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
"""The template of Llama 3 Instruct, which puts the content of a message into a string as it is."""


def rows(value: Any, source: str, folder: Path) -> list[Part]:
    path = folder / "chat_template.jinja"
    path.write_text(source)
    read = request(value)
    return list(
        template.template_parts(read, template.load_template(str(path), tools=bool(read.tools)), load("byte"))
    )


def prompt(value: Any, source: str, folder: Path) -> tuple[str, list[Part]]:
    """Give what the template writes, and the rows: their tokens are its bytes, as the tokenizer has it."""
    path = folder / "chat_template.jinja"
    path.write_text(source)
    read, loaded = request(value), template.load_template(str(path))
    turns = [one for m in read.messages for one in as_openai(m, takes_parts=loaded.takes_parts)]
    written = loaded.render(turns, [tool.openai for tool in read.tools], kwargs=read.kwargs)
    found = rows(value, source, folder)
    assert sum(part.tokens for part in found) == len(written.encode())
    return written, found


PARTS = [{"type": "text", "text": "Look"}, {"type": "text", "text": "here"}]
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}


@pytest.mark.parametrize(
    ("value", "source", "written"),
    [
        ([{"role": "user", "content": PARTS}], TURNS, "<user>Look\nhere>"),
        ([{"role": "user", "content": PARTS}], IN_PARTS, "<user>(Look)(here)"),
        ([{"role": "user", "content": "Hi"}], IN_PARTS, "<user>Hi"),
        ([{"role": "assistant", "content": None, "name": None}], TURNS, "<assistant>>"),
        ([{"role": "assistant", "content": None}], "{{ messages[0].content | trim }}x", "x"),
        ([{"role": "assistant", "content": "Hi", "reasoning": "hm"}], WHOLE, "<assistant>hmHi"),
        (
            [{"role": "assistant", "content": "Hi", "reasoning": "hm"}],
            "{{ messages[0].thinking }}{{ messages[0].content }}",
            "hmHi",
        ),
        (
            {
                "messages": [{"role": "user", "content": "Hi"}],
                "chat_template_kwargs": {"enable_thinking": False},
            },
            "{{ messages[0].content }}{% if enable_thinking is false %}!{% endif %}",
            "Hi!",
        ),
        (
            {"messages": [{"role": "user", "content": "Hi"}], "reasoning_effort": "low"},
            "{{ messages[0].content }}{{ reasoning_effort }}",
            "Hilow",
        ),
        ([{"role": "assistant", "content": "", "tool_calls": [CALL]}], WHOLE, '<assistant>f{"a": 1}'),
        (
            {
                "system": "Be brief.",
                "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
            },
            TURNS,
            "<system>Be brief.<user>Hi>",
        ),
        (
            DIALECTS["gemini"]["contents"][:3],
            WHOLE,
            '<user>Hello<assistant>find_depot{"town": "Umeå"}<tool>{"street": "Storgatan"}',
        ),
        (
            {"messages": DIALECTS["anthropic"]["messages"], "anthropic_version": "1"},
            WHOLE,
            '<user>Rain.\nSum up.<assistant>f{"a": 1}<tool>a.org\nRain\nIt rains.',
        ),
        (DIALECTS["bedrock"]["messages"], WHOLE, '<user>Hello<assistant>f{"a": 1}<tool>{"b": 2}'),
        (DIALECTS["vercel"]["messages"], WHOLE, "<user>Hello<assistant>I look it up.find{}<tool>x"),
        ({"input": DIALECTS["responses"]["input"][:2]}, WHOLE, "<user>Hello<assistant>I look it up."),
    ],
)
def test_what_a_template_is_given(value: Any, source: str, written: str, tmp_path: Path) -> None:
    given, found = prompt(value, source, tmp_path)
    assert given == written
    assert not any(part.at_least for part in found)


def test_arguments_are_text_where_a_template_wants_text(tmp_path: Path) -> None:
    source = "{% for c in messages[0].tool_calls %}{{ c.function.name + c.function.arguments }}{% endfor %}"
    found = rows([{"role": "assistant", "tool_calls": [CALL]}], source, tmp_path)
    assert sum(part.tokens for part in found) == len('f{"a": 1}')


@pytest.mark.slow
@pytest.mark.parametrize(
    ("value", "source", "named"),
    [
        (
            [{"role": "user", "content": "Hi"}, {"role": "tool", "content": "sent"}],
            "{{ messages[0].content }}",
            "messages[1]",
        ),
        ([{"role": "user", "content": "Hi"}] * 2, "{{ messages[0].content }}", "messages[1]"),
        (
            [{"role": "assistant", "content": "Hi", "reasoning_content": "hm"}],
            TURNS,
            "messages[0] (reasoning)",
        ),
        ([{"role": "assistant", "content": "Hi", "tool_calls": [CALL]}], TURNS, "messages[0] (call)"),
        (
            {"messages": [{"role": "user", "content": "Hi"}], "tools": DIALECTS["openai"]["tools"]},
            TURNS,
            "tools[0] (tool)",
        ),
        ([{"role": "user", "content": "Hi", "xyzzy": "a"}], TURNS, "messages[0].xyzzy"),
    ],
)
def test_what_a_template_leaves_out_is_named(value: Any, source: str, named: str, tmp_path: Path) -> None:
    found = rows(value, source, tmp_path)
    (place,) = [place for part in found for place in part.unknown]
    assert place.startswith(named)


def test_it_is_said_that_a_count_lacks_what_was_left_out(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_text("{{ messages[0].content }}")
    talk = json.dumps([{"role": "user", "content": "Hi"}, {"role": "tool", "content": "sent"}])
    done = tokscope("chat", "-x", talk, "--template", str(tmp_path), "-t", "byte", "--format", "json")
    summary = json.loads(done.out)["summary"]
    assert (summary["exact"], summary["at_least"], summary["tokens"]) == (False, True, {"byte": 2})
    assert "messages[1]: left out by the template" in done.err


@pytest.mark.parametrize(
    ("files", "named", "tools", "written"),
    [
        ({"chat_template.jinja": "jinja"}, "", False, "jinja"),
        ({"tokenizer_config.json": {"chat_template": "config"}}, "", False, "config"),
        (
            {"tokenizer_config.json": {"chat_template": "config"}, "chat_template.jinja": "jinja"},
            "",
            False,
            "jinja",
        ),
        (
            {"tokenizer_config.json": {"chat_template": "config"}, "chat_template.jinja": "jinja"},
            "tokenizer_config.json",
            False,
            "jinja",
        ),
        ({"tokenizer_config.json": {}, "chat_template.json": {"chat_template": "json"}}, "", False, "json"),
        (
            {"tokenizer_config.json": {}, "chat_template.json": {"chat_template": "json"}},
            "tokenizer_config.json",
            False,
            "json",
        ),
        ({"chat_template.json": {"chat_template": "json"}}, "chat_template.json", False, "json"),
        (
            {"chat_template.jinja": "jinja", "additional_chat_templates/tool_use.jinja": "tools"},
            "",
            True,
            "tools",
        ),
        (
            {"chat_template.jinja": "jinja", "additional_chat_templates/tool_use.jinja": "tools"},
            "",
            False,
            "jinja",
        ),
        (
            {
                "chat_template.jinja": "{{ bos_token }}",
                "tokenizer_config.json": {"bos_token": {"content": "<s>"}},
            },
            "chat_template.jinja",
            False,
            "<s>",
        ),
        (
            {
                "chat_template.json": {"chat_template": "{{ bos_token }}"},
                "tokenizer_config.json": {"bos_token": "<s>"},
            },
            "chat_template.json",
            False,
            "<s>",
        ),
        (
            {
                "chat_template.jinja": "{{ bos_token }}",
                "special_tokens_map.json": {"bos_token": {"content": "<s>"}},
            },
            "",
            False,
            "<s>",
        ),
        (
            {
                "chat_template.jinja": "{{ image_token }}",
                "tokenizer_config.json": {"extra_special_tokens": {"image_token": "<i>"}},
            },
            "",
            False,
            "<i>",
        ),
    ],
)
def test_templates_and_special_tokens_are_found_as_transformers_finds_them(
    files: dict[str, Any], named: str, tools: bool, written: str, tmp_path: Path
) -> None:
    for name, held in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(held if isinstance(held, str) else json.dumps(held))
    assert template.load_template(str(tmp_path / named), tools=tools).render([]) == written


@pytest.mark.parametrize("tokenizer", ["char", "llama:3"])
def test_llama_3_reads_parts_as_the_lines_of_one_text(tokenizer: str, tmp_path: Path) -> None:
    """Its vocabulary has 1 token for the beginning, 4 for each of two headers, 1 for the text's end."""
    if tokenizer == "llama:3":
        pytest.importorskip("llama_models")
    around = {"char": len("<|begin_of_text|><|eot_id|>user") + 2 * 38 + len("assistant"), "llama:3": 10}[
        tokenizer
    ]
    (tmp_path / "chat_template.jinja").write_text(LLAMA3)
    (tmp_path / "tokenizer_config.json").write_text('{"bos_token": "<|begin_of_text|>"}')
    for content in "Look\nhere", PARTS:
        body = json.dumps([{"role": "user", "content": content}])
        options = ("--template", ".", "-t", tokenizer, "--format", "json")
        summary = json.loads(tokscope("chat", "-x", body, *options, cwd=tmp_path).out)["summary"]
        assert summary["tokens"] == {tokenizer: around + load(tokenizer).count("Look\nhere")}
        assert summary["exact"]
