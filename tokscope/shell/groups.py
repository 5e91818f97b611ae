"""Groups of options: a command takes a group as one parameter, and typer its fields."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, get_type_hints

from tokscope import garbage


def spread_groups(command: Callable[..., int]) -> Callable[..., int]:
    """Spread the groups among a command's parameters into their fields, for typer.

    Example: spread_groups(count) takes paths=, text=, ... where count takes inputs=
    """
    signature = inspect.signature(command, eval_str=True)
    groups: dict[str, Any] = {}
    parameters: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        group = parameter.annotation
        if not hasattr(group, "_fields"):
            parameters.append(parameter.replace(kind=parameter.KEYWORD_ONLY))
            continue
        groups[name] = group
        hints = get_type_hints(group, include_extras=True)
        parameters += [
            inspect.Parameter(
                field,
                inspect.Parameter.KEYWORD_ONLY,
                default=group._field_defaults.get(field, inspect.Parameter.empty),
                annotation=hints[field],
            )
            for field in group._fields
        ]

    @wraps(command)
    def spread(**options: Any) -> int:
        for name, group in groups.items():
            options[name] = group(**{field: options.pop(field) for field in group._fields})
        garbage.resume()
        return command(**options)

    vars(spread)["__signature__"] = signature.replace(parameters=parameters)
    spread.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return spread
