"""Template: a chat request as an open model sees it, through the chat template that comes with the model.

A chat template is Jinja, in a tokenizer_config.json or a chat_template.jinja. It is rendered as
transformers.apply_chat_template does (add_generation_prompt=True), which defines what templates may use, and
in Jinja's sandbox: a template is a program that somebody else wrote.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import accumulate, chain
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from tokscope.errors import InputError, MissingExtra
from tokscope.files.chat_template import named_special_tokens, source_of
from tokscope.fitting.attribution import shares
from tokscope.fitting.chat import Object, Part, Request
from tokscope.fitting.marking import CharSpan
from tokscope.fitting.messages import as_openai, parsed, with_texts
from tokscope.fitting.sandbox import Sandboxed
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    import jinja2

WHAT = {"reasoning": "reasoning", "call": "call"}
"""What marks say of a passage of another kind than text."""


class Template(NamedTuple):
    """A chat template and the special tokens that it may name.

    Example: load_template("tokenizer_config.json").render(messages) ->
    "<|im_start|>user\\nHi<|im_end|>\\n..."

    `takes_parts` says that it goes through a content that is a list of parts; others are given the texts of
    them, a line each.
    """

    path: str
    compiled: Sandboxed
    special: Mapping[str, str]
    takes_parts: bool = False

    def render(
        self,
        messages: Sequence[Object],
        tools: Sequence[Object] = (),
        *,
        reply: bool = True,
        documents: Sequence[object] | None = None,
        kwargs: Object = MappingProxyType({}),
    ) -> str:
        """Render messages and tools, and with `reply` what opens the model's answer. Raises InputError.

        Example: template.render([{"role": "user", "content": "Hi"}]) ->
        "<|im_start|>user\\nHi<|im_end|>\\n..."

        `kwargs` are the request's own for the template, chat_template_kwargs in vLLM.
        """
        return self.compiled.render(
            {
                **self.special,
                "add_generation_prompt": reply,
                **(kwargs if reply else {**kwargs, "add_generation_prompt": False}),
                "messages": messages,
                "tools": list(tools) or None,
                "documents": documents,
            }
        )


def load_template(path: str, *, tools: bool = False) -> Template:
    """Read a chat template from a model's folder, or from one of the files in it.

    Example: load_template("model/chat_template.jinja")

    See chat_template.source_of() for `path` and `tools`. Raises InputError, and MissingExtra without jinja2.
    """
    try:
        import jinja2.ext
        import jinja2.sandbox
    except ImportError as error:
        raise MissingExtra("a chat template", "chat") from error
    source, config = source_of(path, tools=tools)
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_generation(), jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = lambda format: datetime.now().strftime(format)
    compiled = Sandboxed(path, environment, source)
    return Template(
        path, compiled, dict(named_special_tokens(config)), _takes_parts(environment.parse(source))
    )


def template_parts(request: Request, template: Template, tokenizer: Tokenizer) -> Iterator[Part]:
    """Count a request as the template renders it; the parts add up to the tokens of the whole.

    Example: [{"role": "user", "content": "Hi"}] in ChatML -> Part("1 user", 1, 5), Part("reply", 0, 3)

    `tokenizer` is loaded with special=True: markers count as one token each. What it would put around a text
    itself is left out, for the template writes that too. The overhead of a message is all that is not its
    text: markers, its role; for the first one also the definitions of tools. A token belongs to the message
    in which it starts; what cannot be told apart has a row of its own, see tokscope.fitting.attribution. What
    the template leaves out is named as unknown: it is not in the figures. Raises InputError.
    """
    tools = [tool.openai for tool in request.tools if not tool.hosted]
    render = partial(template.render, tools=tools, documents=request.documents, kwargs=request.kwargs)
    turns, rendered = _rendered(request, template, render)
    tokens = RenderedTokens(tokenizer, rendered)
    shared = shares(render, turns, tools, rendered, tokens.down)
    left_out = _texts_left_out(request, _TextFinder(rendered, shared.known))
    places = [*request.unknown, *_left_out_of_request(request, left_out)]
    uncounted = [
        *_parts_without_text(request),
        *(place for tool in request.tools for place in tool.uncounted),
    ]
    if places or uncounted:
        yield Part("request", 0, 0, places, uncounted)
    texts = [tokens.take(spans, touching=True) for spans in shared.texts]
    around = [tokens.take([region]) for region in shared.regions]
    for number, message in enumerate(request.messages, 1):
        unknown = [*message.unknown, *left_out.get(message.where, ())]
        text, overhead = texts[number - 1], around[number - 1]
        yield Part(f"{number} {message.role}", text, overhead, unknown, message.uncounted)
    if between := tokens.take([(0, max((end for _, end in shared.regions), default=0))]):
        yield Part("not told apart", 0, between)
    yield Part("reply", 0, tokens.left)


class RenderedTokens:
    """The tokens of a rendering, which are taken by stretches of it, and each once.

    Example: RenderedTokens(tokenizer, "<u>Hi").take([(3, 5)]) -> 2, by `byte`, and then .left -> 3
    """

    def __init__(self, tokenizer: Tokenizer, rendered: str) -> None:
        split = tokenizer.encode(rendered)
        self.left = len(split) - tokenizer.count("")  # all, less what the tokenizer puts around any text
        found = [pair for pair in zip(split.starts, split.ends, strict=True) if pair[0] < pair[1]]
        starts, ends = map(list, zip(*found, strict=True)) if found else ([], [])
        if not rendered.isascii():
            sizes = list(accumulate(len(one.encode()) for one in rendered))
            starts = [bisect_right(sizes, start) for start in starts]
            ends = [bisect_left(sizes, end) + 1 for end in ends]
        self._starts, self._ends = starts, ends
        self._taken = bytearray(len(starts))

    def take(self, spans: Sequence[CharSpan], *, touching: bool = False) -> int:
        """Count the tokens that start in these stretches of characters, and take them.

        Example: RenderedTokens(tokenizer, "<u>Hi").take([(3, 5)]) -> 2, by `byte`

        With `touching` one that starts before a stretch and reaches into it is counted too.
        """
        count = 0
        for first, last in spans:
            start, end = (bisect_left(self._starts, at) for at in (first, last))
            if touching and first < last:
                start = bisect_right(self._ends, first)
            count += self._taken.count(0, start, end)
            self._taken[start:end] = b"\1" * (end - start)
        self.left -= count
        return count

    def down(self, at: int) -> int:
        """Give the start of the token that a character is in.

        Example: RenderedTokens(tokenizer, "Hello world").down(8) -> 5, by `gpt-4o`
        """
        number = bisect_right(self._starts, at) - 1
        return self._starts[number] if number >= 0 else at


def _rendered(
    request: Request, template: Template, render: Callable[..., str]
) -> tuple[list[list[Object]], str]:
    """Render a request, with the arguments of calls as objects, or as text where the template wants that."""
    turns = [as_openai(message, takes_parts=template.takes_parts) for message in request.messages]
    try:
        return turns, render(list(chain.from_iterable(turns)))
    except InputError:
        as_text = [[with_texts(message) for message in turn] for turn in turns]
        if as_text == turns:
            raise
        try:
            return as_text, render(list(chain.from_iterable(as_text)))
        except InputError:
            pass
        raise


def _parts_without_text(request: Request) -> list[str]:
    """Give what has no text; documents have, where the template writes it."""
    return [
        place for place in request.uncounted if request.documents is None or not place.endswith("documents")
    ]


class _TextFinder:
    """Finds out whether texts are in a rendering: by their marks, else as they are, or as JSON has them."""

    def __init__(self, rendered: str, known: Mapping[tuple[str, int, str], bool]) -> None:
        self._rendered, self._known = rendered, known
        self._seen: Counter[str] = Counter()

    def lacks(self, value: object, what: str, owner: int) -> bool:
        """Say whether any text within a value is not there, of a message or a tool."""
        return any(not self._has(text.strip(), what, owner) for text in _texts_in(value))

    def _has(self, text: str, what: str, owner: int) -> bool:
        if not text:
            return True
        self._seen[text] += 1
        forms = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
        often = max(map(self._rendered.count, forms))
        return self._known.get((what, owner, text), often >= (self._seen[text] if what == "content" else 1))


def _texts_left_out(request: Request, search: _TextFinder) -> dict[str, list[str]]:
    """Name the texts that the template did not write, by the places of their messages and tools."""
    found: dict[str, dict[str, None]] = {}

    def name(where: str, what: str) -> None:
        found.setdefault(where, {})[f"{where}{what}: left out by the template"] = None

    for number, message in enumerate(request.messages):
        for passage in message.passages:
            what = WHAT.get(passage.kind, "content")
            value = [passage.name, parsed(passage.text)] if what == "call" else passage.text
            if search.lacks(value, what, number):
                name(message.where, "" if passage.kind == "text" else f" ({passage.kind})")
        if message.name and search.lacks(message.name, "name", number):
            name(message.where, ".name")
    shown = [tool.where for tool in request.tools if not tool.hosted]
    for tool in request.tools:
        number = -1 if tool.hosted else shown.index(tool.where)
        if search.lacks([tool.name, tool.description, *_schema_texts(tool.schema)], "tool", number):
            name(tool.where, " (tool)")
    if any(search.lacks(document, "document", 0) for document in request.documents or ()):
        name("documents", "")
    return {where: list(places) for where, places in found.items()}


def _left_out_of_request(request: Request, left_out: Mapping[str, Sequence[str]]) -> list[str]:
    """Give what a template left out of tools and documents, and the answer's schema, which it never has."""
    places = [*(tool.where for tool in request.tools), "documents"]
    found = [place for where in dict.fromkeys(places) for place in left_out.get(where, ())]
    found += [place for tool in request.tools for place in tool.unknown]
    return found


def _schema_texts(schema: object) -> Iterator[str]:
    """Give the texts of a schema that a model has to read: descriptions, and the names of properties."""
    if isinstance(schema, list):
        for one in schema:
            yield from _schema_texts(one)
    elif isinstance(schema, dict):
        for key, inner in schema.items():
            if key == "description" and isinstance(inner, str):
                yield inner
            elif key == "properties" and isinstance(inner, dict):
                yield from inner
                yield from _schema_texts(list(inner.values()))
            else:
                yield from _schema_texts(inner)


def _texts_in(value: object) -> Iterator[str]:
    """Give every text within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner)


def _takes_parts(template: jinja2.nodes.Template) -> bool:
    """Whether a template goes through a message's content part by part, as vLLM tells it from its loops."""
    import jinja2.nodes as nodes

    names = {"content"}
    names |= {
        one.target.name
        for one in template.find_all(nodes.Assign)
        if isinstance(one.target, nodes.Name) and _is_content(one.node, names)
    }
    return any(_is_content(one.iter, names) for one in template.find_all(nodes.For))


def _is_content(node: jinja2.nodes.Node, names: set[str]) -> bool:
    """Whether an expression is a message's content, or a name for it."""
    import jinja2.nodes as nodes

    match node:
        case nodes.Getattr(attr="content") | nodes.Getitem(arg=nodes.Const(value="content")):
            return True
        case nodes.Name(name=name):
            return name in names
        case _:
            return False


def _raise_exception(message: str) -> NoReturn:
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
        def __init__(self, environment: jinja2.Environment) -> None:
            super().__init__(environment)
            self.tags = {"generation"}

        def parse(self, parser: jinja2.parser.Parser) -> list[jinja2.nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    return Generation
