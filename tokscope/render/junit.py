"""`junit`: JUnit XML, for CI systems that show tests; tested against the schema of Jenkins' xUnit plug-in.

A test case is a text that has a budget, or a section or a total that is over its own; a warning is a case
that passes with output, and what could not be judged is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain, starmap
from typing import TextIO
from xml.etree.ElementTree import Comment, Element, SubElement, indent, tostring

from tokscope.render.findings import place
from tokscope.report.check import CheckReport, Finding
from tokscope.report.table import Fields
from tokscope.text.visible import visible

_NO_XML = re.compile("[\ufffe\uffff]")  # with the control characters, all that XML 1.0 cannot say


def render(report: CheckReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write one test suite, in the order of the results.

    Example: out = StringIO(); render(checked, out, color=False, width=None); 'failures="1"' in out.getvalue()
    -> True
    """
    cases = _cases(report)
    failed = sum(any(one.level == "error" for one in findings) for findings in cases.values())
    counts = {
        "tests": str(len(cases) + len(report.errors)),
        "failures": str(failed),
        "errors": str(len(report.errors)),
    }
    suites = Element("testsuites", counts)
    suite = SubElement(suites, "testsuite", {"name": "tokscope", **counts})
    if counts["tests"] != "0":
        suite.append(Comment())
    indent(suites)
    stream.write('<?xml version="1.0" encoding="utf-8"?>\n')
    before, _, after = tostring(suites, "unicode").partition(tostring(Comment(), "unicode"))
    stream.write(before)  # there may be 100,000 cases: they are never in memory at once
    for number, case in enumerate(chain(map(_unjudged, report.errors), starmap(_judged, cases.items()))):
        indent(case, level=2)
        stream.write("\n    " * bool(number) + tostring(case, "unicode"))
    stream.write(f"{after}\n")


def _unjudged(error: Fields) -> Element:
    case = _test(str(error["path"]))
    SubElement(case, "error", {"type": "input", "message": _xml_text(str(error["message"]))})
    return case


def _judged(name: str, findings: Iterable[Finding]) -> Element:
    case = _test(name)
    for finding in findings:
        message = _xml_text(finding.message)
        if finding.level == "error":
            failure = SubElement(case, "failure", {"type": finding.rule, "message": message})
            failure.text = _xml_text(f"{place(finding)}: {finding.message}")
        else:
            SubElement(case, "system-out").text = _xml_text(f"{place(finding)}: warning: {finding.message}")
    return case


def _test(name: str) -> Element:
    return Element("testcase", {"name": _xml_text(name), "classname": "tokscope"})


def _cases(report: CheckReport) -> Mapping[str, list[Finding]]:
    """Give the findings of each test case; its name is the same in every run, whether it passes or fails."""
    cases: dict[str, list[Finding]] = {}
    for one in report.budgeted:
        cases[_case(one.path, one.rule, one.tokenizer)] = []
    for finding in report.findings:
        match finding.rule:
            case "max" | "warn":
                name = _case(finding.path, "", finding.tokenizer)
            case "section":
                name = _case(f"{finding.path}: {finding.title}", "section", finding.tokenizer)
            case _:
                name = _case(finding.title, finding.rule, finding.tokenizer)
        cases.setdefault(name, []).append(finding)
    return cases


def _case(subject: str, rule: str, tokenizer: str) -> str:
    return f"{subject} ({rule}, {tokenizer})" if rule else f"{subject} ({tokenizer})"


def _xml_text(text: str) -> str:
    return _NO_XML.sub(lambda match: f"\\u{ord(match[0]):x}", visible(text))
