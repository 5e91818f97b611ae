"""Lays out the texts that the shipped byte models were trained on; their licences: tokscope/entropy/NOTICE.

python -m pip download --no-deps --no-binary django,brotli -d archives django==5.2.19 brotli==1.2.1
for lang in de-DE es-ES fr-FR ja-JP ko-KR ru-RU zh-CN; do
    python -m pip download --no-deps -d archives jupyterlab-language-pack-$lang==4.5.post3
done
python -m tests.bench.corpus archives corpus
tokscope train entropy corpus --order 7 --min-count 5 \\
        --held-out samples/english.txt,samples/code.py,samples/markdown.md -o tokscope/entropy/text.npz
tokscope train neural corpus --units 128 --steps 5060 \\
        --held-out samples/english.txt,samples/code.py,samples/markdown.md -o tokscope/entropy/neural.npz
"""

from __future__ import annotations

import io
import re
import sys
import tarfile
from gettext import GNUTranslations
from pathlib import Path
from pydoc_data.topics import topics
from zipfile import ZipFile

LITERATURE = ("alice29.txt", "asyoulik.txt", "plrabn12.txt", "lcet10.txt")
LANGUAGES = ["ar", "de", "es", "fr", "hi", "it", "ja", "ko", "pt", "ru", "zh_Hans", "zh_Hant"]
CODE = 1_500_000
"""How many bytes of source code are enough."""


def translated(catalogue: bytes) -> list[str]:
    """Give the translations of a gettext catalogue, without its header and what is as it was."""
    pairs = GNUTranslations(io.BytesIO(catalogue))._catalog.items()  # type: ignore[attr-defined]  # no other way
    return [text for key, text in pairs if key and text != key]


def texts(archives: Path) -> dict[str, str]:
    """Give the texts by the names of their files."""
    found = {f"topic-{name}": text for name, text in topics.items()}
    messages: dict[str, list[str]] = {}
    code = 0
    for archive in sorted(archives.glob("*.tar.gz")):
        with tarfile.open(archive) as tar:
            for member in sorted(tar.getmembers(), key=lambda member: member.name):
                path = Path(*Path(member.name).parts[1:])
                data = file.read() if (file := tar.extractfile(member)) else b""
                language = re.search(r"/locale/(\w+)/LC_MESSAGES/\w+\.mo$", member.name)
                if path.name in LITERATURE:
                    found[path.name] = data.decode()
                elif path.suffix == ".txt" and path.parts[0] == "docs" and path.parts[1] != "releases":
                    found[str(path)] = data.decode()
                elif path.suffix == ".py" and path.parts[:2] == ("django", "db"):
                    code += len(data)
                    if code < CODE:
                        found[str(path)] = data.decode()
                elif language and language[1] in LANGUAGES:
                    messages.setdefault(language[1], []).extend(translated(data))
    for archive in sorted(archives.glob("jupyterlab_language_pack_*.whl")):
        language = archive.name.split("_")[3]
        with ZipFile(archive) as wheel:
            for name in sorted(wheel.namelist()):
                if name.endswith(".mo"):
                    key = "zh_Hans" if language == "zh" else language
                    messages.setdefault(key, []).extend(translated(wheel.read(name)))
    found |= {f"messages-{language}": "\n".join(dict.fromkeys(said)) for language, said in messages.items()}
    return found


if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.mkdir(parents=True)
    for name, text in texts(Path(sys.argv[1])).items():
        (target / f"{name.replace('/', '-')}.txt").write_text(text, "utf-8", newline="")
