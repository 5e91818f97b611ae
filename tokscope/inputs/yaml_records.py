"""Records of YAML, of which nothing is made that aliases would swell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tokscope.errors import MissingExtra
from tokscope.files.parsing import TooLong
from tokscope.inputs.fields import Place, field_strings

if TYPE_CHECKING:
    from yaml import Node

REPEATED = 10_000_000
"""How many characters the aliases of a YAML document may stand for."""


def yaml_strings(text: str, field: str) -> Iterator[tuple[Place, str]]:
    r"""Read YAML with PyYAML's safe loader: documents, and the records of those that are lists.

    Example: list(yaml_strings("- a: Hi\n- a: Ho\n", "a")) -> [("line 1: ", "Hi"), ("line 2: ", "Ho")]

    An alias costs nothing until it is followed, and nested ones stand for exponentially much, so what they
    stand for is added up before anything is made of it. Raises ValueError for what is not YAML or lacks the
    field, and MissingExtra.
    """
    try:
        import yaml
    except ImportError as error:
        raise MissingExtra("YAML", "yaml") from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)  # C's: where PyYAML has it
    try:
        while loader.check_node():
            root = loader.get_node()
            _bound(root)
            many = isinstance(root, yaml.SequenceNode) and not field.partition(".")[0].isdecimal()
            for node in root.value if many else [root]:
                place = f"line {node.start_mark.line + 1}: "
                try:
                    value = loader.construct_document(node)
                except yaml.YAMLError:
                    raise
                except (ValueError, OverflowError) as error:  # a month 13
                    raise ValueError(f"{place}{error}") from error
                except (AttributeError, LookupError, TypeError) as error:  # how the loader refuses "!!int ''"
                    raise ValueError(f"{place}not YAML: a value is not what its tag says") from error
                yield from field_strings(value, field, place)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"{where}not YAML: {' '.join((error.problem or '').split())}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {' '.join(str(error).split())}") from error
    except UnboundLocalError as error:  # how the loader in C ends that has nested too deeply
        raise ValueError("nested too deeply") from error
    finally:
        loader.dispose()


def _bound(root: Node) -> None:
    """Add up what the aliases of a YAML document stand for. Raises ValueError where it is too much."""
    sizes: dict[int, int | None] = {}  # by id: with all that it holds, aliases followed; None inside of it
    own = 0

    def size(node: Node) -> int:
        nonlocal own
        known = sizes.get(id(node), 0)
        if known is None:
            raise ValueError(f"line {node.start_mark.line + 1}: an alias within what it stands for")
        if known:
            return known
        sizes[id(node)] = None
        total = here = 1
        if isinstance(node.value, str):
            if node.tag.endswith(":int") and len(node.value) > sys.get_int_max_str_digits():
                raise TooLong(f"line {node.start_mark.line + 1}: ")
            here += len(node.value)
            total = here
        else:
            for child in node.value:
                total += sum(map(size, child)) if isinstance(child, tuple) else size(child)
        own += here
        sizes[id(node)] = total
        return total

    if size(root) - own > REPEATED:
        raise ValueError(f"its aliases stand for more than {REPEATED:,} characters")
