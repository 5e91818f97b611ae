"""Rules: what the format adds to the texts of a chat request.

The table of models names each one's rule; for others the dialect does. OpenAI publishes what a message adds
("How to count tokens with tiktoken", in its cookbook, read 2026-11-22) and calls it an estimate; that the
role "function" takes 2 less, a tool call 3 more, tools 9 more, or 5 and a newline where there is a system
message, and how they are written, was measured (see tokscope.fitting.chat.typescript), and what an answer's
schema takes too (openai-cookbook, issue 2140). Anthropic and Google publish no rule. What Anthropic's API
adds around one message was measured (see claude_frame), and it adds as much where there is a system prompt:
platform.claude.com counts 14 tokens for one of 4 and a message of 3, and 403 for one small tool and a
question; that a further message takes 2 is supposed. ai.google.dev counts 10 for a message that is 10 long.
An open model's own template is exact, see tokscope.fitting.template.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tokscope.fitting.chat.notation import FUNCTIONS, MEASURED_MODELS, TOOLS, can_write, is_measured
from tokscope.fitting.chat.request import Message, Request, Tool, request_json
from tokscope.fitting.chat.schema import without_keys
from tokscope.fitting.chat.typescript import FOOT, HEAD, compact, declaration
from tokscope.models.limits import model_of
from tokscope.models.names import claude_frame
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.media.counting import MediaCount

Count = Callable[[str], int]


class Part(NamedTuple):
    """One row of a request: a message, a tool, or what the format adds once.

    Example: Part("2 user", text=11, overhead=4): 11 tokens that somebody wrote, and 4 around them

    `unknown` and `uncounted` are the places of what is in neither figure: keys that nobody here
    understands, and pictures, files and what else has no text. With either the figures are the least that
    it can be. `supposed` says that the text itself is written by a rule that was not measured. `media` are
    the pictures, sounds and files whose tokens are in `text`.
    """

    name: str
    text: int
    overhead: int
    unknown: Sequence[str] = ()
    uncounted: Sequence[str] = ()
    supposed: bool = False
    media: Sequence[MediaCount] = ()

    @property
    def tokens(self) -> int:
        """The tokens of text and overhead together."""
        return self.text + self.overhead

    @property
    def at_least(self) -> bool:
        """Whether something is not in the figures."""
        return bool(self.unknown or self.uncounted)


class Overhead(NamedTuple):
    """What a format adds: to each message, to its role, name and tool calls; for tools; before the reply.

    Example: RULES["openai"].message -> 3

    `typescript` says that tools are written as OpenAI does it, and else as JSON.
    """

    message: int
    role: bool = True
    name: int = 0
    call: int = 0
    tools: int = 0
    typescript: bool = False
    reply: int = 0


RULES: dict[str, Overhead] = {
    "openai": Overhead(message=3, name=1, call=3, tools=9, typescript=True, reply=3),
    "anthropic": Overhead(message=2, role=False, tools=346),
    "gemini": Overhead(message=0, role=False),
    "open": Overhead(message=3, name=1, call=3, reply=3),
}
"""The rules by the names that models.csv has; "open" is for models whose template decides."""

OF_DIALECT = {
    "openai": "openai",
    "responses": "openai",
    "vercel": "openai",
    "mcp": "openai",
    "ollama": "open",
}
OF_DIALECT |= {"anthropic": "anthropic", "bedrock": "anthropic", "gemini": "gemini"}

RESPONSE_FORMAT_TOKENS = 9
"""What an answer's schema adds to its own JSON, which RESPONSE_FORMAT_KEYS are left out of."""

RESPONSE_FORMAT_KEYS = frozenset({"required", "additionalProperties", "$schema"})


def rule_of(request: Request, model: str, vocabulary: str) -> str:
    """Name the rule by which a model counts a request: the model's own, else that of the request's dialect.

    Example: rule_of(request, "gpt-4", "cl100k_base") -> "openai"

    `model` may be unknown or empty; then `vocabulary` tells OpenAI's models from others.
    """
    known = model_of(model)
    if known and known.chat:
        return known.chat
    for name, rule in (("claude", "anthropic"), ("gemini", "gemini")):
        if name in model.lower():
            return rule
    if request.dialect == "bedrock" and model:  # Amazon serves many makers' models
        return "open"
    rule = OF_DIALECT[request.dialect]
    openais = vocabulary.startswith(("o200k_base", "cl100k_base", "p50k", "r50k"))
    return "open" if rule == "openai" and not openais else rule


def count_by_rule(request: Request, tokenizer: Tokenizer, rule_name: str, model: str = "") -> Iterator[Part]:
    """Count a request by one of RULES.

    Example: the cookbook's six messages, "openai" -> parts that add up to 124 tokens with o200k_base

    `model` decides what Claude's format adds, and whether OpenAI's API was asked.
    """
    rule, count = RULES[rule_name], tokenizer.count
    if request.unknown or request.uncounted:
        yield Part("request", 0, 0, request.unknown, request.uncounted)
    padded = None  # the system message that OpenAI puts tools into
    described = [tool for tool in request.tools if not tool.hosted]
    if described and rule.typescript:
        systems = [one.where for one in request.messages if one.role in ("system", "developer")]
        padded = systems[0] if systems else None
        yield from _typescript(request, described, tokenizer, rule.tools - (4 if systems else 0), model)
    elif described:
        if rule.tools:
            yield Part("tools", 0, rule.tools)
        yield from (_count_tool_as_json(tool, count) for tool in described)
    yield from (Part(f"tool {tool.name}", 0, 0, (), tool.uncounted) for tool in request.tools if tool.hosted)
    for name, schema in request.formats:
        yield _count_answer_schema(name, schema, count, rule_name)
    for number, message in enumerate(request.messages, 1):
        yield _count_message(message, number, count, rule, padded=message.where == padded)
    reply = claude_frame(model) - rule.message if rule_name == "anthropic" else rule.reply
    if reply and request.dialect != "mcp":  # tools alone are not asked anything
        yield Part("reply", 0, reply)


def _count_message(message: Message, number: int, count: Count, rule: Overhead, *, padded: bool) -> Part:
    """Count a message; a `padded` one ends in a newline, after which come the tools."""
    texts = [text for passage in message.passages for text in (passage.name, passage.text) if text]
    framed = rule.role or message.role != "system"  # Anthropic's system prompt is not one of the messages
    overhead = rule.message * framed + rule.call * sum(passage.kind == "call" for passage in message.passages)
    if message.name is not None:
        texts.append(message.name)
        overhead += rule.name
    if rule.role:
        overhead += int(count(message.role))
    if rule.typescript and message.role == "function":
        overhead -= 2
    text = sum(map(count, texts))
    if padded:
        last = message.passages[-1].text if message.passages else ""
        overhead += int(count(last + "\n")) - int(count(last))
    return Part(f"{number} {message.role}", text, overhead, message.unknown, message.uncounted)


def _typescript(
    request: Request, tools: Sequence[Tool], tokenizer: Tokenizer, overhead: int, model: str
) -> Iterator[Part]:
    """Count tools as OpenAI writes them: all in one text, of which each has its own stretch."""
    style, count = FUNCTIONS if request.functions else TOOLS, tokenizer.count
    code = [HEAD]
    texts: list[tuple[int, int]] = []  # from which byte to which somebody wrote it
    ends = [len(HEAD)]
    for tool in tools:
        at = ends[-1]
        for stretch, theirs in declaration(tool, style):
            code.append(stretch)
            start, at = at, at + len(stretch.encode())
            if theirs:
                texts.append((start, at))
        ends.append(at)
    if not tokenizer.cuts:  # an estimate, which knows no token
        yield Part("tools", 0, count(HEAD + FOOT) + overhead + _count_tool_choice(request, count))
        for tool, first, last in zip(tools, ends, ends[1:], strict=False):
            whole = "".join(code).encode()[first:last].decode()
            yield Part(f"tool {tool.name}", count(whole), 0, tool.unknown, tool.uncounted, supposed=True)
        return
    split = tokenizer.encode("".join([*code, FOOT]))
    starts = list(split.starts)
    own = _touching(texts, starts, list(split.ends))
    bounds = [bisect_left(starts, end) for end in ends]
    yield Part(
        "tools", 0, bounds[0] + len(split) - bounds[-1] + overhead + _count_tool_choice(request, count)
    )
    for tool, first, last in zip(tools, bounds, bounds[1:], strict=False):
        text = bisect_left(own, last) - bisect_left(own, first)
        known = MEASURED_MODELS.search(model) and can_write(tool.schema) and is_measured(tool.schema, style)
        supposed = bool(tool.more) or not known
        yield Part(f"tool {tool.name}", text, last - first - text, tool.unknown, tool.uncounted, supposed)


def _touching(texts: Sequence[tuple[int, int]], starts: Sequence[int], ends: Sequence[int]) -> list[int]:
    """Give the numbers of the tokens that share a byte with a text, in order."""
    found: list[int] = []
    for start, end in texts:
        first = max(bisect_left(ends, start + 1), found[-1] + 1 if found else 0)
        found += range(first, bisect_left(starts, end))
    return found


def _count_tool_choice(request: Request, count: Count) -> int:
    """Count what it takes to say which tool must be called."""
    if not request.choice or request.choice == "none":
        return 1 if request.choice else 0
    return count(request.choice) + (4 if request.functions else 7)


def _count_tool_as_json(tool: Tool, count: Count) -> Part:
    """Count a tool as it stands: its name, its description and its schema in JSON."""
    lines = [tool.name, tool.description, *([request_json(tool.schema)] if tool.schema else []), *tool.more]
    text = sum(count(line) for line in lines if line)
    return Part(f"tool {tool.name}", text, 0, tool.unknown, tool.uncounted)


def _count_answer_schema(name: str, schema: object, count: Count, rule_name: str) -> Part:
    """Count the schema that an answer must have; by what others than OpenAI do with it, which nobody says."""
    if isinstance(schema, str):
        return Part("response format", count(schema), 0, supposed=True)
    if rule_name != "openai":
        return Part("response format", count(request_json(schema)), 0, supposed=True)
    return Part(
        "response format",
        count(compact(without_keys(schema, RESPONSE_FORMAT_KEYS))),
        RESPONSE_FORMAT_TOKENS,
        supposed=True,
    )
