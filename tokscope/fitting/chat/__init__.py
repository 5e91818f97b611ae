"""Chat: the tokens of a chat request, and how many of them are its text and how many the format around it.

A request is walked key by key (`keys`), by the list of its dialect: one file each, named as users name it.
What no list knows is named, and makes the total the least that it can be. `rules` counts what was found.
"""

from tokscope.fitting.chat.overhead import RULES, Part, count_by_rule, rule_of
from tokscope.fitting.chat.request import Message, Object, Request, Tool
from tokscope.fitting.chat.request_reader import read_all

__all__ = [
    "RULES",
    "Message",
    "Object",
    "Part",
    "Request",
    "Tool",
    "count_by_rule",
    "read_all",
    "rule_of",
]
