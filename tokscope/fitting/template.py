"""Template: a chat request as an open model sees it, through the chat template that comes with the model.

A chat template is Jinja, in a tokenizer_config.json or a chat_template.jinja. It is rendered as
transformers.apply_chat_template does (add_generation_prompt=True), which defines what templates may use, and
in Jinja's sandbox: a template is a program that somebody else wrote.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from tokscope.errors import InputError, MissingExtra
from tokscope.fitting.chat import Object, Part, Request
from tokscope.fitting.sandbox import Sandboxed
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    import jinja2

CONFIG = "tokenizer_config.json"


class Template(NamedTuple):
    """A chat template and the special tokens that it may name.

    Example: load("tokenizer_config.json").render(request) -> "<|im_start|>user\nHi<|im_end|>\n..."
    """

    path: str
    compiled: Sandboxed
    special: Mapping[str, str]

    def render(self, messages: Sequence[Object], tools: Sequence[Object], *, reply: bool = True) -> str:
        """Render messages and tools, and with `reply` what opens the model's answer. Raises InputError."""
        given = [{"type": "function", "function": tool} for tool in tools] or None
        return self.compiled.render(
            messages=messages, tools=given, documents=None, add_generation_prompt=reply, **self.special
        )


def load(path: str, *, tools: bool = False) -> Template:
    """Read a chat template from a tokenizer_config.json, or from a .jinja file beside one.

    Example: load("model/chat_template.jinja")

    Where there are several, `tools` asks for the one that is meant for tools. Raises InputError, and
    MissingExtra without jinja2.
    """
    try:
        import jinja2.ext
        import jinja2.sandbox
    except ImportError as error:
        raise MissingExtra("a chat template", "chat") from error
    source, config = _read(path, tools=tools)
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_generation(), jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = lambda format: datetime.now().strftime(format)
    return Template(path, Sandboxed(path, environment, source), dict(_special(config)))


def parts(request: Request, template: Template, tokenizer: Tokenizer) -> Iterator[Part]:
    """Count a request as the template renders it; the parts add up to the tokens of the whole.

    Example: [{"role": "user", "content": "Hi"}] in ChatML -> Part("1 user", 1, 5), Part("reply", 0, 3)

    `tokenizer` is loaded with special=True: markers count as one token each. What it would put around a text
    itself is left out, for the template writes that too. The overhead of a message is all that is not its
    text: markers, its role, calls of tools; for the first one also their definitions. Raises InputError.
    """
    messages = [_with_objects(message.source) for message in request.messages]
    rendered = template.render(messages, request.tools)
    split = tokenizer.encode(rendered)
    tokens = len(split) - tokenizer.count("")
    starts = [start for start, end in zip(split.starts, split.ends, strict=True) if start < end]
    at = counted = 0
    for number, message in enumerate(request.messages, 1):
        found, after = _place(message.source.get("content"), rendered, at)
        at = max(after, _end(template, request, messages[:number], rendered))
        first, last, end = (bisect_left(starts, len(rendered[:i].encode())) for i in (found, after, at))
        text, skipped = last - first, list(message.texts).count(None)
        yield Part(f"{number} {message.role}", text, end - counted - text, skipped)
        counted = end
    yield Part("reply", 0, tokens - counted)


def _place(content: object, rendered: str, at: int) -> tuple[int, int]:
    """Find where a message's text stands, as it is or without white space around it; else at `at`, empty."""
    for text in (content, content.strip()) if isinstance(content, str) else ():
        found = rendered.find(text, at)
        if found >= 0 and text:
            return found, found + len(text)
    return at, at


def _end(template: Template, request: Request, messages: Sequence[Object], rendered: str) -> int:
    """Find where the last of these first messages ends: as far as they alone render to the same text.

    0 where the template writes them differently when more follows, or refuses to stop there.
    """
    try:
        alone = template.render(messages, request.tools, reply=False)
    except InputError:
        return 0
    return len(alone) if rendered.startswith(alone) else 0


def _with_objects(message: Object) -> Object:
    """Turn the arguments of tool calls from JSON text, as the API has them, into objects for templates."""
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        return message
    return {**message, "tool_calls": [_with_object(call) for call in calls]}


def _with_object(call: object) -> object:
    match call:
        case {"function": {"arguments": str(arguments), **function}, **rest}:
            try:
                return {**rest, "function": {**function, "arguments": json.loads(arguments)}}
            except json.JSONDecodeError:
                return call
        case _:
            return call


def _read(path: str, *, tools: bool) -> tuple[str, Object]:
    """Read the source of a template, and the configuration that names special tokens."""
    try:
        source = Path(path).read_text("utf-8")
        beside = Path(path).with_name(CONFIG)
        if Path(path).suffix == ".json":
            config = json.loads(source)
        else:
            config = json.loads(beside.read_text("utf-8")) if beside.exists() else {}
    except OSError as error:
        raise InputError(path, error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"not a {CONFIG}: {error}") from error
    if not isinstance(config, dict):
        raise InputError(path, f"not a {CONFIG}: no JSON object")
    if Path(path).suffix == ".json":
        source = _chosen(path, config.get("chat_template"), tools=tools)
    return source, config


def _chosen(path: str, templates: object, *, tools: bool) -> str:
    """Choose among several templates: "tool_use" where tools are given, else "default"."""
    if isinstance(templates, str):
        return templates
    named = {
        entry["name"]: entry["template"]
        for entry in (templates if isinstance(templates, list) else [])
        if isinstance(entry, dict) and {"name", "template"} <= entry.keys()
    }
    chosen = (named.get("tool_use") if tools else None) or named.get("default")
    if not isinstance(chosen, str):
        raise InputError(path, "has no chat_template")
    return chosen


def _special(config: Object) -> Iterator[tuple[str, str]]:
    for key, token in config.items():
        text = token.get("content") if isinstance(token, dict) else token
        if key.endswith("_token") and isinstance(text, str):
            yield key, text


def _raise(message: str) -> NoReturn:
    import jinja2

    raise jinja2.TemplateError(message)


def _tojson(
    value: object,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _generation() -> type[jinja2.ext.Extension]:
    """Make the extension for `{% generation %}`, which prints what it marks as it is."""
    import jinja2.ext

    class Generation(jinja2.ext.Extension):
        tags = {"generation"}  # noqa: RUF012 - as jinja2 has it

        def parse(self, parser: jinja2.parser.Parser) -> list[jinja2.nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    return Generation
