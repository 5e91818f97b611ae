"""What the process has imported that tests fork their command lines from, see tests.support.shell."""

import gc
from importlib import import_module

from tests.support.serving import caches
from tokscope.cli import Commands

NEEDED = (
    *("genai_prices", "marisa_trie", "regex", "rich.console", "rich.table", "rjieba", "sentencepiece"),
    *("tiktoken", "tokenizers", "typer.rich_utils"),
    *(place.partition(":")[0] for place in Commands().names.values() if isinstance(place, str)),
)
"""What many command lines import. The rest stays out: the larger a process, the slower it forks."""

for _name in NEEDED:
    import_module(_name)

caches()
gc.freeze()  # a collection in a fork would copy every page
