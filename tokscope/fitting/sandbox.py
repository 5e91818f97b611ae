"""Sandbox: a Jinja template that somebody else wrote, run where it can do no harm.

Jinja's own sandbox keeps it from what is not its business. It does not keep it from a loop without an end or
a text of gigabytes, which the compiler may already make while it folds constants: so both compiling and
rendering are done in a child process, within limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokscope.errors import InputError
from tokscope.files.confined import Confined, Stopped

if TYPE_CHECKING:
    import jinja2


class Sandboxed:
    """A template that is compiled and rendered in a child process.

    Example: Sandboxed("a.jinja", SandboxedEnvironment(), "Hi {{ name }}").render(name="you") -> "Hi you"

    Raises InputError, which names `path`, for what cannot be compiled.
    """

    def __init__(self, path: str, environment: jinja2.Environment, source: str) -> None:
        self._path = path
        self._environment = environment
        self._source = source
        self._compiled: jinja2.Template | None = None  # in the child
        self._run = Confined(self._compile_or_render)
        self._said(None)

    def render(self, *names: Any, **more: Any) -> str:
        """Render it, with names as jinja2 takes them and values as JSON has them. Raises InputError.

        Example: Sandboxed("a.jinja", environment, "Hi {{ name }}").render(name="you") -> "Hi you"
        """
        text = self._said(dict(*names, **more))
        try:
            text.encode()
        except UnicodeEncodeError as error:
            half = f"U+{ord(text[error.start]):04X}"
            raise InputError(self._path, f"the template writes half a character ({half})") from error
        return text

    def _said(self, names: dict[str, Any] | None) -> str:
        try:
            done, text = self._run(names)
        except Stopped as reason:
            raise InputError(self._path, f"the template {reason}") from reason
        if not done:
            raise InputError(self._path, text)
        return str(text)

    def _compile_or_render(self, names: dict[str, Any] | None) -> tuple[bool, str]:
        """Compile it in the child, and render it where there are names. Says whether that was done."""
        import jinja2

        try:
            if self._compiled is None:
                self._compiled = self._environment.from_string(self._source)
        except jinja2.TemplateSyntaxError as error:
            return False, f"line {error.lineno} of the template: {error.message}"
        except MemoryError:
            raise
        except Exception as error:  # of Python, which it becomes: too deep, a number too long
            return False, f"the template cannot be compiled: {error}"
        try:
            return True, "" if names is None else self._compiled.render(names)
        except jinja2.TemplateError as error:
            return False, f"the template refuses this request: {error}"
        except MemoryError:
            raise
        except Exception as error:  # whatever an expression can raise
            return False, f"the template fails on this request: {error or type(error).__name__}"
