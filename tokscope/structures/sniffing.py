"""Which files hold molecules or a graph, by their content, and reading them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import PurePath

from tokscope.errors import Flaw, InputError
from tokscope.files.small_files import small_file
from tokscope.structures.graph import NodeGraph
from tokscope.structures.molecule import HEADINGS, Molecule, of_blocks, read_smiles
from tokscope.structures.smiles import TOKEN, cut_smiles

Structure = Molecule | NodeGraph

_MOL = re.compile(r"(?:[^\n]*\n){3}[^\n]*V[23]000\s")
"""The fourth line of a MOL block, the counts line, ends in the version of the format."""

_XML = re.compile(r"\ufeff?\s*<(?:\?xml|!DOCTYPE|graphml|!--)")
_GML = re.compile(r"\ufeff?(?:\s*#[^\n]*\n|\s*(?:Creator|Version|directed)\s[^\n]*\n)*\s*graph\s*\[")
_NODE_LINK = re.compile(
    r'\ufeff?\s*\{\s*"(?:directed|multigraph|graph|nodes|links|edges)"\s*:(?s:.*?)"(?:nodes|links|edges)"'
    r'|\ufeff?\s*\{\s*"(?:nodes|links|edges)"'
)
HEAD_SIZE = 4000
"""A start of more characters may end within a line, which is then not looked at."""

LONGEST_ATOM = 40
"""How many characters the last token of a SMILES that is cut off may lack."""

_TELLING = re.compile(r"[0-9=#()\[\]@/\\]")
"""What a word does not have, and a SMILES of any size does."""

GRAPHS = (".graphml", ".gml", ".edgelist", ".edges", ".adjlist", ".adj")
_LINES = {".edgelist": "edges", ".edges": "edges", ".adjlist": "neighbours", ".adj": "neighbours"}
"""What each line of a list has, where the name of the file says so."""

LISTS = ("", ".txt", ".csv", ".tsv", ".dat")
"""The endings of lists of edges that are named like other files."""

MOLECULE_SUFFIXES = (".smi", ".smiles", ".ism", ".can", ".sdf", ".sd", ".mol", ".mdl")


def structure_kind(head: str, name: str) -> str:
    """Tell by its first characters whether a file holds "molecules", a "graph", or is a "text".

    Example: structure_kind("CCO ethanol\\nc1ccccc1 benzene\\n", "a.txt") -> "molecules"

    The content decides, since a .smi may be subtitles (SAMI), and a .txt a list of molecules; the name only
    says how sure the content has to be: one line that is a SMILES is enough in a .smi, and elsewhere all must
    be, and not words that could be one ("CON", "No"). Lines of two words are edges where names come back, as
    those of nodes do.
    """
    ending = PurePath(name).suffix.lower()
    head = head.removeprefix("\ufeff")
    if _MOL.match(head):
        return "molecules"
    if "\0" in head:
        return "text"
    if _XML.match(head):
        return "graph" if "<graphml" in head else "text"
    if _GML.match(head) or _NODE_LINK.match(head):
        return "graph"
    if ending in GRAPHS:
        return "graph"
    first, *more = head.split("\n")
    lines = [line for line in (first, *more[: -1 if len(head) > HEAD_SIZE else None]) if line.strip()][:50]
    fields = [line.split(None, 1)[0] for line in lines]
    if fields and fields[0].lower() in HEADINGS:
        fields = fields[1:]
    good = [field for field in fields if _is_smiles(field, cut=len(field) > HEAD_SIZE and not more)]
    if ending in MOLECULE_SUFFIXES:
        return "molecules" if good or not fields else "text"
    if ending in LISTS and _are_edges(lines):
        return "graph"
    whole = len(good) == len(fields) and 3 * sum(map(bool, map(_TELLING.search, good))) >= len(good)
    return "molecules" if good and whole else "text"


def kinds_of(paths: Iterable[str]) -> set[str]:
    """Tell what kinds of files are named, "" among them for a folder, a pipe, and what cannot be read.

    Example: kinds_of(["a.smi", "b.graphml"]) -> {"molecules", "graph"}
    """
    kinds = set()
    for path in paths:
        try:
            kinds.add(
                structure_kind(small_file(path, 1 << 40, 2 * HEAD_SIZE).decode("utf-8", "replace"), path)
            )
        except InputError:
            kinds.add("")
    return kinds


def _are_edges(lines: Sequence[str]) -> bool:
    """Say whether lines look like edges: three or more of two words, maybe with a number, and names twice."""
    split = [line.replace(",", " ").split() for line in lines if line[0] not in "#%"]
    named = [
        words[:2] for words in split if len(words) == 2 or (len(words) == 3 and _looks_numeric(words[2]))
    ]
    names = [name for words in named for name in words]
    return len(named) == len(split) > 2 and len(set(names)) < len(names)


def _looks_numeric(word: str) -> bool:
    return re.fullmatch(r"-?[\d.]+(?:e-?\d+)?", word) is not None


def _is_smiles(field: str, *, cut: bool) -> bool:
    """Say whether a word is a SMILES, or the start of one where it is `cut` off."""
    if cut:
        return len("".join(TOKEN.findall(field))) > len(field) - LONGEST_ATOM
    try:
        return bool(cut_smiles(field))
    except Flaw:
        return False


def read_molecules(blocks: Iterable[str], *, names: bool = True) -> Iterator[Molecule | Flaw]:
    """Read molecules from blocks of text: of a SMILES file, or of a MOL or SDF file, as its start tells.

    Example: [one.smiles for one in read_molecules(["CCO ethanol\\n"])] -> ["CCO"]

    What is wrong with a line is given in its place, and the rest goes on; see read_smiles().
    """
    stream = iter(blocks)
    head = next(stream, "")
    whole = chain([head], stream)
    return of_blocks(whole) if _MOL.match(head) else read_smiles(whole, names=names)


def read_graphs(blocks: Iterable[str], *, name: str = "") -> Iterator[NodeGraph]:
    """Read a graph from blocks of text: GraphML, GML, node-link or adjacency JSON, edges or adjacency lists.

    Example: next(read_graphs(["A B\\nA C\\n"])).names -> ["A", "B", "C"]

    Raises Flaw, with the line and the column.
    """
    from tokscope.structures.edge_lists import of_lines
    from tokscope.structures.gml import of_gml
    from tokscope.structures.graphml import of_graphml
    from tokscope.structures.node_link import of_json

    stream = iter(blocks)
    head = next(stream, "")
    whole = chain([head], stream)
    if head.lstrip("\ufeff \t\r\n").startswith("<"):
        yield of_graphml(whole)
    elif _GML.match(head):
        yield of_gml(whole)
    elif head.lstrip("\ufeff \t\r\n").startswith("{"):
        yield of_json(whole)
    else:
        yield of_lines(whole, _LINES.get(PurePath(name).suffix.lower(), ""))
