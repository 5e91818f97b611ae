"""The Hugging Face Hub: a repository's tokenizer.json, from huggingface_hub's cache or over the network."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import cast

from tokscope.errors import BrokenTokenizer

FILE = "tokenizer.json"


def tokenizer_file(argument: str) -> Path:
    """Give the tokenizer.json of a file, a folder, or a repository on the Hub, which is fetched once.

    Example: tokenizer_file("./model") -> Path("model/tokenizer.json"), and tokenizer_file("org/repo@main")

    What exists, what starts with `.`, `/` or `~` and what ends in `.json` is a path, and a path never asks
    the network. Raises BrokenTokenizer.
    """
    return _local_file(argument) or _downloaded(argument)


def _local_file(argument: str) -> Path | None:
    """Give the file that `argument` names, None where it names a repository on the Hub."""
    path = Path(argument)
    if path.is_dir():
        return path / FILE
    if path.exists() or path.is_absolute() or argument.startswith((".", "~")) or argument.endswith(".json"):
        return path
    return None


def _downloaded(argument: str) -> Path:
    """Fetch the tokenizer.json of a repository on the Hub, or find it in huggingface_hub's cache."""
    from huggingface_hub import (
        errors,
        get_hf_file_metadata,
        hf_hub_download,
        hf_hub_url,
        try_to_load_from_cache,
    )
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    repo, _, revision = argument.partition("@")
    # The base of what requests, httpx or httpx2 raises; huggingface_hub is built on one of them.
    http_error = cast(type[Exception], errors.HfHubHTTPError.__bases__[0])
    try:
        if not isinstance(try_to_load_from_cache(repo, FILE, revision=revision or None), str):
            # Asks once, where hf_hub_download goes on asking for 20 seconds before it gives up.
            get_hf_file_metadata(hf_hub_url(repo, FILE, revision=revision or None))
        return Path(hf_hub_download(repo, FILE, revision=revision or None))
    except (errors.HFValidationError, errors.EntryNotFoundError, http_error, OSError) as error:
        unreachable = "is not downloaded yet, and the Hub is out of reach; go online once, or give hf:FILE"
        said = str(error).strip().partition("\n")[0]
        reasons: dict[type[Exception], str] = {
            errors.HFValidationError: "is neither a file nor the name of a repository on the Hub",
            errors.GatedRepoError: "is given on request: ask on its page on the Hub, then set HF_TOKEN",
            errors.RevisionNotFoundError: f"has no revision {revision!r}",
            errors.RepositoryNotFoundError: "is neither a file nor a repository that HF_TOKEN may read",
            errors.LocalEntryNotFoundError: unreachable,
            errors.EntryNotFoundError: f"has no {FILE}; a vocab.txt is for wordpiece:, a .model for sp:",
            errors.HfHubHTTPError: f"is refused by the Hub: {said}",
            http_error: unreachable,
            ConnectionError: unreachable,
            OSError: f"cannot be kept: {said}",
        }
        reason = next(reason for kind, reason in reasons.items() if isinstance(error, kind))
        raise BrokenTokenizer(f"{argument} {reason}") from error
