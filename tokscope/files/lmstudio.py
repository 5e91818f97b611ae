"""Where LM Studio keeps its models: each in a folder of its own, as it was on the Hugging Face Hub.

The layout is documented at lmstudio.ai/docs/app/advanced/import-model: HOME/models/PUBLISHER/MODEL/FILE.gguf.
HOME is what lmstudio-js's findLMStudioHome finds: the folder that ~/.lmstudio-home-pointer names, else
~/.cache/lm-studio if there is one, else ~/.lmstudio.
"""

from __future__ import annotations

from pathlib import Path

from tokscope.errors import BrokenTokenizer

PROJECTOR = "mmproj"
"""How the name of a file begins that holds what a model sees with, and no tokenizer."""


def models_folder() -> Path:
    """Give the folder of models.

    Example: models_folder() -> Path("/home/you/.lmstudio/models")
    """
    home = Path.home()
    try:
        named = (home / ".lmstudio-home-pointer").read_text("utf-8").strip()
    except (OSError, ValueError):
        named = ""
    older = home / ".cache/lm-studio"
    return (Path(named) if named else older if older.is_dir() else home / ".lmstudio") / "models"


def find_model(name: str) -> Path:
    """Find a model: its GGUF, the first of several; else its folder.

    Example: find_model("infra-ai/ocelot-v1") -> Path(".../infra-ai/ocelot-v1/ocelot-v1-instruct-q4_0.gguf")

    `name` is PUBLISHER/MODEL, PUBLISHER/MODEL/FILE, or MODEL alone where one publisher has it; case does not
    matter. The files of one model are the same weights in several sizes, with one vocabulary. Raises
    BrokenTokenizer: there is no such model, or several.
    """
    wanted = name.lower().strip("/").split("/")
    found = [
        path
        for path in sorted(models_folder().glob("*/*"))
        if path.is_dir() and [part.lower() for part in path.parts[-2:]][-len(wanted[:2]) :] == wanted[:2]
    ]
    if len(found) != 1:
        raise _unfound(name, found)
    files = [path for path in _ggufs(found[0]) if len(wanted) < 3 or path.name.lower() == wanted[2]]
    if len(wanted) == 3 and not files:
        names = ", ".join(path.name for path in _ggufs(found[0])) or "no GGUF"
        raise BrokenTokenizer(f"{found[0]}: has no {name.rpartition('/')[2]}; it has {names}")
    return files[0] if files else found[0]


def _ggufs(of: Path) -> list[Path]:
    return sorted(path for path in of.glob("*.gguf") if not path.name.lower().startswith(PROJECTOR))


def _unfound(name: str, found: list[Path]) -> BrokenTokenizer:
    known = ["/".join(path.parts[-2:]) for path in found or sorted(models_folder().glob("*/*"))]
    listed = ", ".join(known[:8]) + (f" and {len(known) - 8} more" if len(known) > 8 else "")
    if found:
        return BrokenTokenizer(f"lmstudio has several models {name!r}: {listed}; name the publisher too")
    there = f"there are {listed}" if known else f"there are none in {models_folder()}"
    return BrokenTokenizer(f"lmstudio has no {name!r} here: {there}")
