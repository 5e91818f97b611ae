"""The manual: a page a command and a page a subject, in Markdown, as `tokscope help` shows them."""

from __future__ import annotations

import re
from importlib.resources import files

from tokscope.errors import UsageError, did_you_mean, similar

COMMAND = "tokscope "
"""What the title of a command's page begins with."""

ALSO = {
    word: page
    for page, words in {
        "changes": "changelog news releases version",
        "chars": "spelling strawberry",
        "check": "config configuration toml tokscope.toml",
        "ci": "action actions github gitlab hook hooks pre-commit workflow",
        "comparison": "alternatives benchmarks how peers performance speed",
        "encode": "decode",
        "exact": "accuracy bounds estimate estimates estimation",
        "extending": "plug-in plug-ins plugin plugins",
        "inputs": "encoding files folders gitignore notebook notebooks paths pipe pipes stdin",
        "install": "completion extra extras",
        "media": "audio image images picture pictures photo photos pdf sound video",
        "models": "windows",
        "molecules": "chemistry smiles selfies graphs",
        "output": "color colors colour colours exit format formats json pager schema",
        "play": "keys keyboard",
        "python": "library",
        "tokenizers": "families family tokenizer",
        "verify": "api",
    }.items()
    for word in words.split()
}
"""Other words for a page, and commands that share one."""


EXAMPLES, MAX_EXAMPLE_WIDTH = 3, 76
"""How many examples the help of a command shows, and how wide they may be."""

SHOWN_FIRST = ("count", "split", "compare")
"""The commands of which the help of tokscope itself shows an example."""


def subjects() -> dict[str, str]:
    """Name every page of the manual, with its title.

    Example: subjects()["count"] -> "tokscope count: count tokens, like wc"
    """
    manual = files("tokscope") / "manual"
    names = sorted(one.name.removesuffix(".md") for one in manual.iterdir() if one.name.endswith(".md"))
    return {name: page(name).partition("\n")[0].removeprefix("# ") for name in names}


def page(subject: str) -> str:
    """Read a page of the manual, as Markdown. Raises UsageError with similar subjects.

    Example: page("count").startswith("# tokscope count")
    """
    name = subject.lower()
    file = files("tokscope") / "manual" / f"{ALSO.get(name, name)}.md"
    if not file.name.removesuffix(".md").isalpha() or not file.is_file():
        close = similar(name, [*subjects(), *ALSO], 0.75) or pages_with(name)
        hint = did_you_mean(close, "tokscope help lists the subjects")
        raise UsageError(f"the manual has no page on {subject!r}: {hint}")
    return file.read_text("utf-8")


def pages_with(word: str) -> list[str]:
    """Name the pages that have a word, or what begins like it, those that have it most often first.

    Example: pages_with("annotation")[0] -> "ci"
    """
    start = r"\b" if word[:1].isalnum() else ""
    found = {name: len(re.findall(start + re.escape(word), page(name).lower())) for name in subjects()}
    return [name for name in sorted(found, key=lambda name: -found[name]) if found[name]]


def page_list() -> str:
    """List the pages of the manual, those of commands first, as Markdown.

    Example: page_list().startswith("# The manual of tokscope")
    """
    titles = subjects()
    commands = [name for name, title in titles.items() if title.startswith(COMMAND)]
    others = [name for name in titles if name not in commands]
    first = "`tokscope help count` shows a page, `tokscope count --help` the options of a command."
    lines = ["# The manual of tokscope", "", first, ""]
    for heading, names in (("Commands", commands), ("Subjects", others)):
        lines += [f"## {heading}", ""]
        lines += [f"- `{name}`: {titles[name].rpartition(': ')[2]}" for name in names]
        lines.append("")
    return "\n".join(lines)


def page_of(command: str) -> str | None:
    """Name the page on a command, or on a command of a group; "" for tokscope itself, None for what has none.

    Example: page_of("decode") -> "encode"; page_of("train bpe") -> "train"
    """
    if not command:
        return ""
    name = command.lower().partition(" ")[0]
    name = ALSO.get(name, name)
    return name if (files("tokscope") / "manual" / f"{name}.md").is_file() else None


def examples(command: str) -> list[str]:
    """Give the first examples of a command on its page that are one line and run by themselves.

    Example: examples("truncate")[0].startswith("tokscope truncate")

    For tokscope itself, "", they are those of SHOWN_FIRST.
    """
    if not command:
        return [examples(one)[0] for one in SHOWN_FIRST]
    name = page_of(command)
    about = [one for one in commands_shown(page(name)) if f"tokscope {command}" in one] if name else []
    return [one for one in about if len(one) <= MAX_EXAMPLE_WIDTH][:EXAMPLES]


def commands_shown(text: str) -> list[str]:
    """Give the commands that a page shows: after a `$` where their output follows, or a line each.

    Example: commands_shown("```sh\ntokscope init  # a file\n```\n") -> ["tokscope init"]
    """
    found = []
    for kind, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        lines = re.findall(r"^\$ (.*)$", block, re.MULTILINE) if kind != "sh" else block.splitlines()
        found += [re.sub(r"\s+# .*", "", line) for line in lines]
    return found
