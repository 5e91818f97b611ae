"""Where rules are found, what they mean, and what a wrong one says; globs against git's own."""

from __future__ import annotations

import os
import re
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokscope.errors import InputError
from tokscope.gate import config
from tokscope.gate.globs import Globs

# --- globs -----------------------------------------------------------------------------------------------

PATHS = [
    *("a.md", "b.txt", ".hidden", "[a].md", "a b.md", "ää.md", "docs/a.md", "docs/b/a.md", "docs/b/c/a.txt"),
    *(
        "docs.md",
        "x/docs/a.md",
        "x/docs",
        "x/y/z/SKILL.md",
        "SKILL.md",
        "a\\b",
        "a-b",
        "a^b",
        "a!b",
        "docs/ab",
    ),
]
PATTERNS = [
    *("a.md", "*.md", "*", "**", "docs", "docs/", "/docs", "/docs/", "docs/*", "docs/**", "docs/**/*.md"),
    *(
        "**/docs",
        "**/docs/**",
        "docs/**/a.md",
        "**/SKILL.md",
        "/*.md",
        "?.md",
        "[ab].*",
        "[!a].txt",
        "[a-c]*",
    ),
    *(
        "[^a].txt",
        r"\[a\].md",
        "*/a.md",
        "x/**/z",
        "x/**/z/",
        "doc**",
        "**.md",
        "a[]!^-]b",
        r"a\\b",
        "*b",
        "b/",
    ),
    *("x/*/", "/**/a.md", "docs/**/", "[[]a[]].md", "a b.md", "ä*", "."),
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("globs")
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


def ignored(repository: Path, pattern: str, paths: list[str]) -> list[str]:
    """Ask git which paths a .gitignore of one pattern names."""
    (repository / ".gitignore").write_text(f"{pattern}\n")
    command = ["git", "-C", str(repository), "check-ignore", "--no-index", "-z", "--stdin"]
    done = subprocess.run(command, input="\0".join(paths).encode(), capture_output=True, check=False)
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_glob_means_what_it_means_to_git(pattern: str, repository: Path) -> None:
    globs = Globs.parse([pattern])
    assert [path for path in PATHS if globs.match(path)] == ignored(repository, pattern, PATHS)


NAMES = st.text("ab.", min_size=1, max_size=3).filter(lambda name: name.strip("."))


# What "**" means beside a letter git decides by comparing the addresses of two texts (wildmatch.c, prev_p).
PARTS = st.text("ab.*?", min_size=1, max_size=3).filter(lambda part: part == "**" or "**" not in part)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pattern=st.lists(PARTS, min_size=1, max_size=4).map("/".join),
    lead=st.sampled_from(["", "/", "**/"]),
    trail=st.sampled_from(["", "/", "/**"]),
    paths=st.lists(
        st.lists(NAMES, min_size=1, max_size=4).map("/".join), min_size=1, max_size=20, unique=True
    ),
)
def test_any_glob_means_what_it_means_to_git(
    pattern: str, lead: str, trail: str, paths: list[str], repository: Path
) -> None:
    globs = Globs.parse([lead + pattern + trail])
    found = [path for path in paths if globs.match(path)]
    assert found == ignored(repository, lead + pattern + trail, paths)
    assert {*globs.others(paths)} == {*paths} - {*found}


@pytest.mark.parametrize(
    ("patterns", "path", "matches"),
    [
        (["docs/", "!*.txt"], "docs/a.txt", False),
        (["docs/", "!*.txt"], "docs/a.md", True),
        (["!*.txt", "docs/"], "docs/a.txt", True),
        (["docs/**", "!docs/old/", "docs/old/keep.md"], "docs/old/keep.md", True),
        (["docs/**", "!docs/old/"], "docs/old/a/b.md", False),
        ([r"\!a"], "!a", True),
    ],
)
def test_the_last_glob_that_matches_decides(patterns: list[str], path: str, matches: bool) -> None:
    assert Globs.parse(patterns).match(path) is matches
    assert Globs.parse(patterns).others([path]) == ([] if matches else [path])


@pytest.mark.parametrize("pattern", ["", "/", "!", "a[b", "a\\", "[z-a]", "[[:alpha:]]"])
def test_a_glob_that_means_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Globs.parse([pattern])


def test_globs_that_match_nothing_are_known() -> None:
    globs = Globs.parse(["*.md", "docs/", "!x", "*.rst"])
    assert globs.idle(["a.md", "b.txt"]) == ["docs/", "*.rst"]


# --- finding and reading ---------------------------------------------------------------------------------

EXAMPLE = """
[tool.tokscope]
tokenizer = "gpt-4o"
[[tool.tokscope.budget]]
paths = ["prompts/**/*.md"]
max = 4000
warn = 3500
[[tool.tokscope.budget]]
paths = ["AGENTS.md", "**/SKILL.md"]
max = "gpt-4 - 4_192"
section = 200
[[tool.tokscope.budget]]
paths = ["docs/**"]
total = 100_000
growth = "2.5 %"
tokenizer = "o200k_base"
"""


def test_rules_of_pyproject(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(EXAMPLE)
    found = config.read_config(path)
    assert found.root == tmp_path
    assert [(str(rule.paths), *rule[1:]) for rule in found.rules] == [
        ("prompts/**/*.md", "gpt-4o", 4000, 3500, None, None, None),
        ("AGENTS.md, **/SKILL.md", "gpt-4", 4000, None, 200, None, None),  # 8,192 is gpt-4's window
        ("docs/**", "o200k_base", None, None, None, 100_000, Decimal("2.5")),
    ]
    asked = config.read_config(path, "char")
    assert [rule.tokenizer for rule in asked.rules] == ["char", "gpt-4", "o200k_base"]


def test_tokscope_toml_is_the_same_without_the_prefix(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(EXAMPLE)
    bare = EXAMPLE.replace("[tool.tokscope]\n", "").replace("tool.tokscope.", "")
    (tmp_path / "tokscope.toml").write_text(bare)
    both = [config.read_config(tmp_path / name).rules for name in ("pyproject.toml", "tokscope.toml")]
    assert both[0] == both[1]
    with pytest.raises(InputError, match=r"tokscope.toml: pyproject.toml beside it has rules too.*keep one"):
        config.of_folder(tmp_path)


def test_the_nearest_configuration_is_found(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(EXAMPLE)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.ruff]\nline-length = 110\n")
    assert config.find_config(deep) == tmp_path / "pyproject.toml"
    (tmp_path / "pyproject.toml").write_text("# tokscope has rules of its own\n")
    (tmp_path / "tokscope.toml").touch()
    assert config.find_config(deep) == tmp_path / "tokscope.toml"
    (tmp_path / "a" / "pyproject.toml").write_text(EXAMPLE)
    assert config.find_config(deep) == tmp_path / "a" / "pyproject.toml"
    (deep / "pyproject.toml").write_text("[tool")
    with pytest.raises(InputError, match=r"b.pyproject\.toml: not TOML: "):
        config.find_config(deep)
    (deep / "pyproject.toml").write_text("a = " + "[" * 100_000)
    with pytest.raises(InputError, match=r"b.pyproject\.toml: nested too deeply"):
        config.find_config(deep)


RULE = 'paths = ["*"]\nmax = 1\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "[tool.tokscope]: there is no such table"),
        ("[tool.tokscope]", "[tool.tokscope]: budget: must be one or more tables [[tool.tokscope.budget]]"),
        ("[tool]\ntokscope = 3", "[tool.tokscope]: there is no such table"),
        ("[tool.tokscope]\nbudgets = 3", "[tool.tokscope]: unknown key 'budgets': did you mean budget?"),
        ("[tool.tokscope]\ntokenizer = 3", "[tool.tokscope]: tokenizer: must be a name, not 3"),
        ("[tool.tokscope]\nbudget = [3]", "[[tool.tokscope.budget]] 1: there is no such table"),
        (f"[[tool.tokscope.budget]]\n{RULE}maxx = 3", "budget]] 1: unknown key 'maxx': did you mean max"),
        (
            f"[[tool.tokscope.budget]]\n{RULE}[[tool.tokscope.budget]]\nmax = 3",
            "[[tool.tokscope.budget]] 2: paths: must be a list of globs",
        ),
        ('[[tool.tokscope.budget]]\npaths = ["*"]', "sets no budget: give one of max, warn, section, total"),
        ('[[tool.tokscope.budget]]\npaths = "*"\nmax = 3', "paths: must be a list of globs"),
        ('[[tool.tokscope.budget]]\npaths = ["a["]\nmax = 3', "paths: 'a[': '[' is never closed"),
        (f"[[tool.tokscope.budget]]\n{RULE}warn = 1", "warn: 1 is not below the maximum, 1"),
        (f"[[tool.tokscope.budget]]\n{RULE}growth = 5", 'growth: must be a percentage like "5%", not 5'),
        (f"[[tool.tokscope.budget]]\n{RULE}growth = '-5%'", "growth: must be a percentage"),
        (f"[[tool.tokscope.budget]]\n{RULE}total = 0", "total: must be a number of tokens"),
        (f"[[tool.tokscope.budget]]\n{RULE}total = true", "total: must be a number of tokens"),
        (f"[[tool.tokscope.budget]]\n{RULE}total = 1.5", "total: must be a number of tokens"),
        (f"[[tool.tokscope.budget]]\n{RULE}total = 'gpt-99'", "no context window is known for 'gpt-99'"),
        (f"[[tool.tokscope.budget]]\n{RULE}total = 'gpt-4 - 9000'", "total: 'gpt-4 - 9000' leaves nothing"),
    ],
)
def test_a_wrong_rule_names_file_table_and_key(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"pyproject\.toml: .*{re.escape(says)}"):
        config.read_config(path)


@pytest.mark.parametrize(
    ("budget", "tokens", "tokenizer"),
    [
        ("500", 500, "o200k_base"),
        (" 4000 ", 4000, "o200k_base"),
        ("4_000", 4000, "o200k_base"),
        ("4,000", 4000, "o200k_base"),
        ("1,048,576", 1048576, "o200k_base"),
        ("gpt-4", 8192, "gpt-4"),
        ("gpt-4 - 100", 8092, "gpt-4"),
        ("gpt-4 - 1,000", 7192, "gpt-4"),
        ("ft:gpt-4o-2024-08-06:acme::1 - 1,000", 127000, "ft:gpt-4o-2024-08-06:acme::1"),
        ("bert-base-chinese - 12", 500, "bert-base-chinese"),
        ("claude-opus-5", 1_000_000, "claude-opus-5"),
    ],
)
def test_a_budget_means_what_it_says(budget: str, tokens: int, tokenizer: str, tmp_path: Path) -> None:
    [rule] = config.of_limits({"max": budget}, None).rules
    assert (rule.max, rule.tokenizer) == (tokens, tokenizer)
    assert config.of_limits({"max": budget}, "char").rules[0].tokenizer == "char"
    path = tmp_path / "tokscope.toml"
    for limit in ("max", "warn", "section", "total"):
        path.write_text(f'[[budget]]\npaths = ["*"]\n{limit} = "{budget}"\n')
        [rule] = config.read_config(path).rules
        assert (getattr(rule, limit), rule.tokenizer) == (tokens, tokenizer)
        if tokenizer != "o200k_base":  # which is the default's, and goes after -t
            assert config.read_config(path, "byte").rules[0].tokenizer == tokenizer
        path.write_text(path.read_text() + 'tokenizer = "char"')
        assert config.read_config(path).rules[0].tokenizer == "char"


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        ("4k", "'4k' may mean 4000 or 4096: write the number"),
        ("128K", "'128K' may mean 128000 or 131072"),
        ("1.5m", "'1.5m' may mean 1500000 or 1572864"),
        ("4.000", "no context window is known for '4.000'"),
        ("4,00", "no context window is known"),
        ("-5", "no context window is known"),
        ("", "must be a number of tokens"),
        ("0", "must be a number of tokens"),
        ("9" * 15, "must be at most 1000000000000"),
        ("9" * 5000, "must be a number of tokens, at most 1000000000000, and has 5000 characters"),
        ("gpt-4 - 4k", "must be a number of tokens"),
    ],
)
def test_a_budget_that_may_mean_two_things_says_what_to_write(budget: str, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"--budget: {says}")):
        config.of_limits({"max": budget}, None)


def test_figures_that_no_format_can_hold_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokscope.toml"
    for value, says in [
        ("max = 0x" + "f" * 4000, "max: must be at most 1000000000000"),
        (f"max = {10**13}", "max: must be at most 1000000000000"),
        (f"max = -{10**13}", "max: must be a number of tokens"),
        (f'growth = "{"9" * 1_000_000}%"', 'growth: must be a percentage like "5%", not a long str'),
        ("growth = 0x" + "f" * 4000, 'growth: must be a percentage like "5%", not one so large'),
        ("tokenizer = 0x" + "f" * 5000 + "\nmax = 1", "tokenizer: must be a name, not one so large"),
    ]:
        path.write_text(f'[[budget]]\npaths = ["*"]\n{value}\n')
        with pytest.raises(InputError, match=re.escape(says)) as raised:
            config.read_config(path)
        assert len(str(raised.value)) < 300


def test_a_key_of_thousands_of_parts_is_refused_before_it_takes_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "tokscope.toml"
    for part in ("a", '"a b"', "'.'"):
        path.write_text(f"[[budget]]\n{' . '.join([part] * 30_000)} = 1\n")
        with pytest.raises(InputError, match="line 2: a key of more than 100 parts"):
            config.read_config(path)
    path.write_text(f'# {"." * 300}\n[[budget]]\npaths = ["{"../" * 60}*"]\nmax = 1\n')
    assert config.read_config(path).rules[0].max == 1


def test_two_models_in_one_rule_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokscope.toml"
    path.write_text('[[budget]]\npaths = ["*"]\nmax = "gpt-4o"\nwarn = "gpt-4"\n')
    with pytest.raises(InputError, match="max names gpt-4o and warn names gpt-4: make two rules of it"):
        config.read_config(path)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("fifo", "not a regular file"),
        ("/dev/zero", "not a regular file"),
        ("large", "larger than 1,048,576 bytes"),
    ],
)
def test_a_configuration_is_a_small_regular_file(kind: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "tokscope.toml"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "large":
        with path.open("wb") as file:
            file.truncate(1 << 40)  # without a block on the disk
    else:
        path.symlink_to(kind)
    with pytest.raises(InputError, match=says):
        config.read_config(path)
    with pytest.raises(InputError, match=says):
        config.read_config(config.find_config(tmp_path / "a") or tmp_path)


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.toml: No such file"):
        config.read_config(tmp_path / "gone.toml")
