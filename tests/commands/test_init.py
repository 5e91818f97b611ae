"""`tokscope init`: rules that fit the repository, and that `check` takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.shell import tokscope
from tokscope.gate.config import read_config
from tokscope.gate.proposal import PromptFiles, find_prompts


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for name, words in {"AGENTS.md": 400, "prompts/a.md": 90, "prompts/b/c.txt": 10, "src/a.md": 5}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("word " * words)
    return tmp_path


def test_the_rules_are_those_that_check_judges_by(repository: Path) -> None:
    assert tokscope("init", cwd=repository).code == 0
    rules = read_config(repository / "tokscope.toml").rules
    assert [[glob.pattern for glob in rule.paths.globs] for rule in rules] == [
        ["AGENTS.md"],
        ["**/prompts/**"],
    ]
    assert [rule.max for rule in rules] == [510, 120]  # 401 and 91 tokens, a quarter more, rounded up
    assert tokscope("check", cwd=repository).code == 0
    (repository / "AGENTS.md").write_text("word " * 600)
    assert tokscope("check", cwd=repository).code == 1


def test_nothing_is_overwritten(repository: Path) -> None:
    (repository / "pyproject.toml").write_text("[[tool.tokscope.budget]]\npaths = ['*']\nmax = 9\n")
    ran = tokscope("init", cwd=repository)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "already" in ran.err
    assert not (repository / "tokscope.toml").exists()
    (repository / ".pre-commit-config.yaml").write_text("repos: []\n")
    ran = tokscope("init", "--pre-commit", cwd=repository)
    assert ran.code == 2
    assert "help ci" in ran.err
    assert (repository / ".pre-commit-config.yaml").read_text() == "repos: []\n"


def test_the_hook_and_the_workflow(repository: Path) -> None:
    assert tokscope("init", "--pre-commit", "--github", cwd=repository).code == 0
    hooks = yaml.safe_load((repository / ".pre-commit-config.yaml").read_text())
    assert hooks["repos"][0]["hooks"][0]["entry"] == "tokscope check"
    checked = subprocess.run(
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", ".github/workflows/tokscope.yml"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_a_folder_has_rules_of_its_own_and_the_repository_has_the_hook(repository: Path) -> None:
    """Pre-commit and GitHub look for their files at the root alone."""
    assert tokscope("init", "--pre-commit", "--github", cwd=repository / "prompts/b").code == 2  # no prompts
    (repository / "sub/prompts").mkdir(parents=True)
    (repository / "sub/prompts/a.md").write_text("word")
    ran = tokscope("init", "--pre-commit", "--github", "--dry-run", cwd=repository / "sub")
    names = ["tokscope.toml", "../.pre-commit-config.yaml", "../.github/workflows/tokscope.yml"]
    assert (ran.code, ran.err) == (0, "")
    assert [line[2:] for line in ran.out.splitlines() if line.startswith("# ") and line[2:] in names] == names
    assert not any((repository / "sub" / name).exists() for name in names)
    assert tokscope("init", "--pre-commit", "--github", cwd=repository / "sub").code == 0
    assert all((repository / "sub" / name).is_file() for name in names)


def test_where_nothing_is_a_prompt(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("pass")
    ran = tokscope("init", cwd=tmp_path)
    assert ran.code == 2
    assert "tokscope help check" in ran.err


@pytest.mark.parametrize(("tokens", "budget"), [(0, 100), (3, 100), (400, 500), (401, 510), (8000, 10000)])
def test_a_budget_is_a_round_figure_above_the_largest(tokens: int, budget: int) -> None:
    assert PromptFiles("Prompts", ["prompts/**"], {"prompts/a.md": tokens}).budget == budget


@pytest.mark.parametrize(
    "name",
    [
        *(".clinerules", ".clinerules/a.md", "CLAUDE.md", "pkg/CLAUDE.md", ".cursor/rules/a/b.mdc"),
        *(
            ".windsurf/rules/a.md",
            ".github/copilot-instructions.md",
            ".claude/agents/a.md",
            "pkg/prompts/a/b.txt",
        ),
        *(".claude/skills/a/SKILL.md", "a/b.prompt.md", ".kiro/steering/a.md", ".junie/guidelines.md"),
    ],
)
def test_every_place_of_prompts_is_known(name: str) -> None:
    assert [[*one.tokens] for one in find_prompts({name: 1, "src/prompts.py": 1})] == [[name]]


def test_a_file_belongs_where_it_matches() -> None:
    found = find_prompts({"skills/x/SKILL.md": 5, "AGENTS.md": 9, "sub/AGENTS.md": 3, "notes.md": 4})
    assert [(list(one.globs), dict(one.tokens)) for one in found] == [
        (["AGENTS.md"], {"AGENTS.md": 9, "sub/AGENTS.md": 3}),
        (["**/SKILL.md"], {"skills/x/SKILL.md": 5}),
    ]


@pytest.mark.parametrize("link", [".github", ".github/workflows"])
def test_no_link_leads_it_out_of_the_repository(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, link: str
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (repository / link).parent.mkdir(exist_ok=True)
    (repository / link).symlink_to(outside)
    ran = tokscope("init", "--github", cwd=repository)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "a link leads out of this folder" in ran.err
    assert list(outside.iterdir()) == []
    assert not (repository / "tokscope.toml").exists()
