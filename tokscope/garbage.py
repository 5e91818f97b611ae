"""Garbage: how often Python looks among all objects for what nothing needs any more."""

from __future__ import annotations

import gc

NEW_OBJECTS = 50_000
"""After how many new objects a command looks: many results are no garbage, and to look at them takes long."""


def pause() -> None:
    """Do not look until resume(): imports leave no garbage, and looking for it takes 0.01 s.

    Example: pause(), before a command line is run
    """
    gc.disable()


def resume() -> None:
    """Look again after pause(), seldom, and not among what is there by now.

    Example: resume(), before a command runs
    """
    if not gc.isenabled():
        look_seldom(NEW_OBJECTS)


def look_seldom(objects: int | None = None, whole: int | None = None) -> None:
    """Look after `objects` new ones, and among all only every `whole` times; what is there now stays.

    Example: look_seldom(100_000); gc.get_threshold()[0] -> 100000

    What is None is left as it was.
    """
    new, middle, old = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(objects or new, middle, whole or old)
    gc.enable()
