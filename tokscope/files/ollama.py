"""Where Ollama keeps its models: a manifest by name, and the file that it calls a blob by hash.

The layout is that of ollama/ollama, types/model and server/modelpath.go. In OLLAMA_MODELS or ~/.ollama/models
manifests/HOST/NAMESPACE/MODEL/TAG is JSON; its layer of the type MODEL_LAYER has the digest of
blobs/sha256-HEX.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from tokscope.errors import BrokenTokenizer

DEFAULT_HOST, DEFAULT_NAMESPACE, DEFAULT_TAG = "registry.ollama.ai", "library", "latest"
"""What stands for the parts of a name that it leaves out."""

MODEL_LAYER = "application/vnd.ollama.image.model"


def models_folder() -> Path:
    """Give the folder of models.

    Example: models_folder() -> Path("/home/you/.ollama/models"); OLLAMA_MODELS names another
    """
    return Path(os.environ.get("OLLAMA_MODELS") or Path.home() / ".ollama/models")


def model_blob(name: str) -> Path:
    """Find the file of a model by its name, as `ollama run` takes it.

    Example: model_blob("qwen3:8b") -> Path(".../blobs/sha256-a3de86cd1c13...")

    Raises BrokenTokenizer: there is no such model, or its file is gone.
    """
    manifest = _manifest_path(name)
    try:
        layers = json.loads(manifest.read_bytes())["layers"]
        digests = [layer["digest"] for layer in layers if layer["mediaType"] == MODEL_LAYER]
    except OSError as error:
        names = sorted(
            path.parent.name + ":" + path.name for path in models_folder().glob("manifests/*/*/*/*")
        )
        known = f"there are {', '.join(names[:8])}" if names else f"there are none in {models_folder()}"
        raise BrokenTokenizer(
            f"ollama has no {name!r} here: {known}; ollama pull {name} fetches it"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenTokenizer(
            f"{manifest}: is not one of Ollama's manifests; ollama pull {name} repairs it"
        ) from error
    if not digests or not re.fullmatch(r"sha256[:-][0-9a-f]{64}", str(digests[0])):
        raise BrokenTokenizer(f"{manifest}: names no model file; ollama pull {name} repairs it")
    path = models_folder() / "blobs" / str(digests[0]).replace(":", "-")
    if not path.is_file():
        raise BrokenTokenizer(f"{path}: is gone, and {name} needs it; ollama pull {name} fetches it again")
    return path


def _manifest_path(name: str) -> Path:
    """Give the path of a model's manifest. Raises BrokenTokenizer for what is not a name."""
    head, slash, last = name.rpartition("/")
    model, _, tag = last.partition(":")
    parts = head.split("/") if slash else []
    host, namespace = (
        [DEFAULT_HOST, DEFAULT_NAMESPACE, *parts][-2:] if len(parts) != 1 else (DEFAULT_HOST, parts[0])
    )
    found = (host, namespace, model, tag or DEFAULT_TAG)
    if len(parts) > 2 or not all(re.fullmatch(r"[\w][\w.:-]*", part) for part in found):
        raise BrokenTokenizer(f"{name!r} is not the name of an Ollama model, like qwen3:8b")
    return models_folder().joinpath("manifests", *found)
