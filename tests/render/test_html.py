"""The page: it shows the text and obeys nothing in it, with scripts and without; in Chromium."""

from __future__ import annotations

import functools
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings

from tests.support import ROOT
from tests.support.browser import CHROMIUM, Page, browser
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE, texts
from tokscope import load
from tokscope.render import html, render
from tokscope.report.split import Cut, SplitReport

SAMPLES = sorted((ROOT / "samples").glob("*.txt"))
EVERY_KIND = ["gpt-4o", "blt:entropy", "bert-base-uncased", "t5", "jieba:search", "char", "byte"]

EVIL = {
    "end of script": "a</script><script>document.title='owned'</script>",
    "image": "<img src=x onerror=\"document.title='owned'\"> <svg onload=alert(1)>",
    "comment": "<!--<script>document.title='owned'</script>--> ]]> <![CDATA[",
    "end of all": "</p></div></section></main></body></html><script>alert(1)</script>",
    "entities": "&lt;b&gt; &#0; &amp;amp; &nbsp",
    "data as it stands": '{"t":0} \u2028 \u2029 \\u003c \\x3cscript> \\',
    "its own marks": "␀ ␛ ‹e6› ↵ → ◌\u0301 \\x7f \\u202e <i>␛</i>",
    "bidi": "a\u202eb\u2066c\u2069d\u200fe",
    "half flags": "🇯🇵🇰🇷🇯 👩‍👧 ❤️ 2️⃣ x\ufe0f y\u200dz",
}


def page(report: SplitReport) -> str:
    stream = io.StringIO()
    render("html", report, stream)
    return stream.getvalue()


tokenizer_of = functools.cache(load)


def cut(texts: list[str], tokenizers: list[str], special: bool = False) -> SplitReport:
    loaded = [tokenizer_of(name, special=special) for name in tokenizers]
    return SplitReport(
        [
            Cut(one.name, one.encode(text), one.asked, f"<{number}>", one.exact)
            for number, text in enumerate(texts)
            for one in loaded
        ]
    )


class Shown(NamedTuple):
    """One paragraph: the text that it stands for, the parts of it that are tokens, and all that is seen."""

    text: str
    tokens: list[str]
    seen: list[str]


class Reader(HTMLParser):
    """Reads a page as its readers do: what each section shows for each tokenizer, row after row."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.sections: list[dict[str, Shown]] = []
        self.elements: set[str] = set()
        self._open: list[str] = []
        self._shown: Shown | None = None
        self.feed(markup[markup.index("<main") : markup.rindex("</main>")])
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self._open.append(tag)
        if tag == "section":
            self.sections.append({})
        elif tag == "p":
            t = dict(attributes).get("data-t") or ""
            self._shown = self.sections[-1].setdefault(t, Shown("", [], []))
            self._t = t
        elif tag == "b" and self._shown:
            self._shown.tokens.append("")
            self._shown.seen.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "p":
            self._shown = None

    def handle_data(self, data: str) -> None:
        if self._shown is None:
            return
        stands_for = data
        if self._open[-1] == "u":
            stands_for = ""
        elif self._open[-1] == "i":
            stands_for = chr(int(data[2:], 16) if data[0] == "\\" else ord(data) - 0x2400)
        if "b" in self._open:
            self._shown.tokens[-1] += stands_for
            self._shown.seen[-1] += data
        self._shown = self.sections[-1][self._t] = self._shown._replace(text=self._shown.text + stands_for)


def whole_characters(report: SplitReport) -> Iterator[list[str]]:
    """Give each cut's tokens as text; a character that is cut belongs to the token with its last byte."""
    for one in report.cuts:
        ends = [len(one.split.source[:end].decode(errors="ignore")) for end in one.split.ends]
        starts = [len(one.split.source[:start].decode(errors="ignore")) for start in one.split.starts]
        text = one.split.source.decode()
        yield [text[start:end] for start, end in zip(starts, ends, strict=True)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with browser() as tab:
        yield tab


@settings(max_examples=40, deadline=None)
@given(texts)
def test_without_scripts_every_token_of_any_text_is_shown(text: str) -> None:
    report = cut([text], ["gpt-4o", "bert-base-uncased", "byte"])
    (section,) = Reader(page(report)).sections
    for shown, tokens in zip(section.values(), whole_characters(report), strict=True):
        assert (shown.text, shown.tokens) == (text, tokens)
        assert all(
            seen.strip() or token.isspace() for seen, token in zip(shown.seen, shown.tokens, strict=True)
        )


@pytest.mark.slow
@pytest.mark.parametrize("special", [False, True])
def test_scripts_show_the_same_of_hostile_text(
    chromium: Page, special: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that the script has to cut looks as one that is cut in the page, which stays as it was."""
    report = cut([*HOSTILE.values(), *EVIL.values()], EVERY_KIND, special)
    expected = Reader(page(report)).sections
    for shown, tokens in zip(
        (shown for section in expected for shown in section.values()), whole_characters(report), strict=True
    ):
        assert shown.tokens == tokens
    for limit in (html.MAX_ELEMENTS, 0):
        monkeypatch.setattr(html, "MAX_ELEMENTS", limit)
        (tmp_path / "page.html").write_text(page(report), "utf-8", newline="")
        chromium.open(tmp_path / "page.html")
        chromium.run("rows.forEach((row) => [...row.div.children].forEach((one) => row.tokens(one)))")
        live = Reader(chromium.run("document.querySelector('main').outerHTML"))
        assert live.sections == expected
        assert live.elements <= {"main", "section", "h2", "small", "div", "p", "b", "s", "i", "u", "span"}


@pytest.mark.slow
def test_nothing_in_a_text_or_a_name_is_obeyed(chromium: Page, tmp_path: Path) -> None:
    names = ["<img src=x onerror=alert(1)>.txt", "&amp;\x1b[31m\u202e.txt", "'\"`.txt"]
    for name, text in zip(names, (EVIL["end of script"], EVIL["image"], EVIL["comment"]), strict=True):
        (tmp_path / name).write_text(text)
    done = tokscope("split", *names, "-t", "gpt-4o,t5", "-o", "page.html", cwd=tmp_path)
    assert done == (0, "", "")
    chromium.open(tmp_path / "page.html")
    chromium.run("new Promise((done) => setTimeout(done, 200))")
    assert [
        event for event in chromium.events if event["method"].startswith(("Page.javascript", "Log"))
    ] == []
    assert [
        event["params"]["request"]["url"]
        for event in chromium.events
        if event["method"] == "Network.requestWillBeSent"
    ] == [(tmp_path / "page.html").as_uri()]
    assert chromium.run("document.title") == "3 texts"
    assert chromium.run("document.querySelectorAll('script, img, svg, link, iframe').length") == 2
    heads = chromium.run("[...document.querySelectorAll('h2')].map((head) => head.firstChild.data.trim())")
    assert heads == ["<img src=x onerror=alert(1)>.txt", r"&amp;\x1b[31m\u202e.txt", "'\"`.txt"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("attempt", "directive"),
    [
        ("document.body.insertAdjacentHTML('beforeend', '<b onclick=owned>')", "require-trusted-types-for"),
        ("document.body.setAttribute('onclick', 'window.owned = 1')", "require-trusted-types-for"),
        ("document.body.append(Object.assign(new Image(), {src: 'https://example.org/x.png'}))", "img-src"),
        ("fetch('https://example.org/').catch(() => 0)", "connect-src"),
        ("document.body.setAttribute('style', 'color: red')", "style-src-attr"),
        ("document.body.append(Object.assign(document.createElement('base'), {href: '/'}))", "base-uri"),
    ],
)
def test_the_policy_holds_if_all_else_fails(
    chromium: Page, attempt: str, directive: str, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(page(cut(["Hi"], ["char"])), "utf-8")
    chromium.open(tmp_path / "page.html")
    chromium.run(
        "addEventListener('securitypolicyviolation', (event) => window.held = event.effectiveDirective)"
    )
    chromium.events.clear()
    chromium.run(f"(() => {{ try {{ {attempt} }} catch (error) {{}} }})()")
    chromium.run("new Promise((done) => setTimeout(done, 50))")
    assert chromium.run("window.owned") is None
    assert chromium.run("window.held") == directive
    assert not any(event["method"] == "Network.responseReceived" for event in chromium.events)


def facts(tab: Page) -> dict[str, str]:
    pairs = "[...document.querySelectorAll('dl div')]"
    return dict(tab.run(f"{pairs}.map((fact) => [...fact.children].map((one) => one.textContent))"))


@pytest.mark.slow
def test_tokens_by_pointer_and_keyboard(chromium: Page, tmp_path: Path) -> None:
    text = "Hello 日本語 World!\n" + "One more line, and another. " * 12 + "\n\nThe end"
    done = tokscope("split", "-x", text, "-t", "gpt-4o,bert-base-uncased", "-o", "page.html", cwd=tmp_path)
    assert done.code == 0
    chromium.open(tmp_path / "page.html")
    assert "Point at a token" in chromium.run("document.querySelector('footer').innerText")

    box = chromium.run(
        "JSON.parse(JSON.stringify(document.querySelectorAll('main b')[1].getBoundingClientRect()))"
    )
    chromium.send("Input.dispatchMouseEvent", type="mouseMoved", x=box["x"] + 3, y=box["y"] + 3)
    pointed = facts(chromium)
    second = tokenizer_of("gpt-4o").encode(text)[1]
    assert pointed == {
        "text": second.data.decode(),
        "token": f"2 of {load('gpt-4o').count(text)}, gpt-4o",
        "id": str(second.id),
        "bytes": second.data.hex(" "),
        "position": f"byte {second.start} to {second.end}",
    }
    chromium.send("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
    assert facts(chromium) == {}

    for key in ("Tab", "Tab", "ArrowRight"):
        chromium.press(key)
    assert facts(chromium) == pointed
    walked = []
    while (number := facts(chromium)["token"]) not in walked:
        walked.append(number)
        chromium.press("ArrowRight")
    assert len(walked) == tokenizer_of("gpt-4o").count(text) - 1
    chromium.press("Home")
    assert chromium.run("document.activeElement.innerText") != "Hello"  # the row's first
    for _ in range(50):
        chromium.press("ArrowUp")
    top = "Math.round(document.activeElement.getBoundingClientRect().top)"
    first = chromium.run("Math.round(document.querySelector('main b').getBoundingClientRect().top)")
    assert chromium.run(top) == first
    chromium.press("ArrowDown")
    assert chromium.run(top) > first + 10
    assert chromium.run("document.querySelectorAll('main [tabindex]').length") == 2  # one stop a tokenizer


@pytest.mark.slow
def test_tokenizers_are_switched_and_shown_side_by_side(chromium: Page, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page(cut(["Hello World", "Bye"], ["gpt-4o", "t5", "char"])), "utf-8")
    paragraphs = "[...document.querySelectorAll('main p')].filter((p) => p.checkVisibility())"
    visible = f"{paragraphs}.map((p) => p.dataset.t).join('')"
    for scripts_off in (False, True):
        chromium.send("Emulation.setScriptExecutionDisabled", value=scripts_off)
        chromium.open(tmp_path / "page.html")
        assert chromium.run(visible) == "00"
        assert chromium.run("document.querySelector('footer').checkVisibility()") is not scripts_off
        for value, shown in (("2", "22"), ("1", "11"), ("all", "012012")):
            chromium.run(f"document.querySelector('[value=\"{value}\"]').checked = true")
            assert chromium.run(visible) == shown
    chromium.send("Emulation.setScriptExecutionDisabled", value=False)
    chromium.open(tmp_path / "page.html")
    chromium.run("document.querySelector('[value=all]').click()")
    chromium.run(
        "document.querySelectorAll('main b')[1].dispatchEvent(new Event('pointerover', {bubbles: true}))"
    )
    assert chromium.run("[...document.querySelectorAll('.same')].map((b) => b.textContent)") == [
        " World",
        *" World",
    ]


@pytest.mark.slow
def test_heat_is_a_colour_and_a_fact(chromium: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same where the script cuts the text, which is then the one to say it."""
    heat = [0.0, 0.25, 0.5, 0.7, 0.95, 7.0]
    split = replace(tokenizer_of("char").encode("abcdef"), heat=heat)
    for limit in (html.MAX_ELEMENTS, 0):
        monkeypatch.setattr(html, "MAX_ELEMENTS", limit)
        (tmp_path / "page.html").write_text(page(SplitReport([Cut("blt", split)])), "utf-8")
        chromium.open(tmp_path / "page.html")
        tokens = "[...document.querySelectorAll('main b')]"
        assert chromium.run(f"{tokens}.map((b) => b.className)") == ["h0", "h1", "h2", "h3", "h4", "h4"]
        colours = chromium.run(f"{tokens}.map((b) => getComputedStyle(b).backgroundColor)")
        assert len(set(colours)) == 5
        for key in ("Tab", "ArrowRight"):
            chromium.press(key)
        assert facts(chromium)["heat"] == "26%"
    cold = Cut("char", tokenizer_of("char").encode("abcdef"))
    (tmp_path / "page.html").write_text(page(SplitReport([cold, Cut("blt", split)])), "utf-8")
    chromium.open(tmp_path / "page.html")
    for value, shown in (("0", False), ("1", True), ("all", True)):
        chromium.run(f"document.querySelector('[value=\"{value}\"]').checked = true")
        assert chromium.run("document.querySelector('.heat').checkVisibility()") is shown


@pytest.mark.slow
def test_names_for_those_who_do_not_see_it(chromium: Page, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page(cut(["Hello World"], ["gpt-4o", "jieba:search"])), "utf-8")
    chromium.open(tmp_path / "page.html")
    nodes = [
        (node["role"]["value"], node["name"]["value"], node.get("description", {}).get("value", ""))
        for node in chromium.send("Accessibility.getFullAXTree")["nodes"]
        if not node["ignored"] and "name" in node
    ]
    said = [(role, name) for role, name, _ in nodes]
    assert ("radio", "gpt-4o o200k_base 2 tokens exact") in said
    assert ("radio", "side by side") in said
    assert ("group", "As cut by") in said
    assert ("listbox", "gpt-4o") in said
    assert [name.strip() for role, name in said if role == "option"] == ["Hello", "World"]
    for key in ("Tab", "Tab"):
        chromium.press(key)
    (token,) = (
        node["description"]["value"]
        for node in chromium.send("Accessibility.getFullAXTree")["nodes"]
        if node.get("role", {}).get("value") == "option" and "description" in node
    )
    assert "13225" in token
    assert "byte 0 to 5" in token


def luminance(colour: str) -> float:
    """The relative luminance of #rrggbb, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def over(veil: str, colour: str) -> str:
    """Lay #rrggbbaa over #rrggbb."""
    share = int(veil[7:], 16) / 255
    mixed = (
        round(int(veil[i : i + 2], 16) * share + int(colour[i : i + 2], 16) * (1 - share)) for i in (1, 3, 5)
    )
    return f"#{bytes(mixed).hex()}"


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_contrast_is_that_of_wcag_aa(chromium: Page, dark: bool, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page(cut(["a\x00"], ["char"])), "utf-8")
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    chromium.send("Emulation.setEmulatedMedia", features=[scheme])
    chromium.open(tmp_path / "page.html")
    names = ["paper", "ink", "quiet", "panel", "strong", "veil", *"012345"]
    style = "getComputedStyle(document.documentElement)"
    colours = dict(
        zip(
            names,
            chromium.run(f"{json.dumps(names)}.map((n) => {style}.getPropertyValue('--' + n).trim())"),
            strict=True,
        )
    )
    assert (luminance(colours["paper"]) < 0.1) is dark
    for background in ("paper", "panel"):
        for text in ("ink", "quiet"):
            assert contrast(colours[text], colours[background]) >= 4.5
    veil = colours["veil"]
    for token in "012345":
        assert contrast(colours["ink"], colours[token]) >= 7  # marks in tokens are paler
        assert contrast(colours["ink"], over(veil, colours[token])) >= 7
        assert over(veil, colours[token]) != colours[token]
        assert contrast(colours["strong"], colours["paper"]) >= 3
    for one, other in zip("012345", "123450", strict=True):
        assert colours[one] != colours[other]


@pytest.mark.slow
@pytest.mark.parametrize(
    "tokenizers", ["gpt-4o", "char", "jieba", "t5", "blt:entropy", "gpt-4o,bert-base-chinese,char"]
)
def test_a_page_is_hardly_larger_than_its_data(tokenizers: str) -> None:
    """The data, at its leanest as JSON: the text once, and the length and the id of every token."""
    text = "".join(path.read_text("utf-8") for path in SAMPLES) * 20
    names = tokenizers.split(",")
    report = cut([text], names)
    data: list[object] = [text]
    for one in report.cuts:
        data.append([end - start for start, end in zip(one.split.starts, one.split.ends, strict=True)])
        data.append(list(one.split.ids or []))
    size = len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())
    assert size > 300_000
    assert len(page(report).encode()) < 1.2 * size


@pytest.mark.slow
def test_a_long_text_is_cut_where_it_is_looked_at(chromium: Page, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"".join(path.read_bytes() for path in SAMPLES) * 40)
    assert path.stat().st_size > 400_000
    assert tokscope("split", path, "-t", "gpt-4o,char", "-o", tmp_path / "page.html").code == 0
    static = (tmp_path / "page.html").read_text("utf-8")
    assert Reader(static).sections[0][""].text == path.read_text("utf-8")
    chromium.open(tmp_path / "page.html")
    assert chromium.run("performance.timing.loadEventEnd - performance.timing.responseEnd") < 4000
    first = chromium.run("document.querySelectorAll('main b').length")
    assert 100 < first < 20_000
    chromium.run("scrollTo(0, document.body.scrollHeight / 2)")
    for _ in range(3):
        chromium.draw()
        chromium.run("new Promise((done) => setTimeout(done, 50))")
    middle = "document.elementFromPoint(innerWidth / 3, innerHeight / 2).closest('section > div').row"
    assert chromium.run(f"{middle}.number") > 100
    assert chromium.run(f"{middle}.div.querySelectorAll('p:first-child b').length") > 10


def test_an_estimate_says_so() -> None:
    split = tokenizer_of("char").encode("Hi")
    head = page(SplitReport([Cut("close", split, exact=False), Cut("char", split)]))
    assert re.findall(r"<b>(\w+)</b> 2 tokens <small[^>]*>(\w+)<", head) == [
        ("close", "estimate"),
        ("char", "exact"),
    ]


def test_only_split_is_a_page(tmp_path: Path) -> None:
    done = tokscope("count", "-x", "a", "-o", "page.html", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert re.fullmatch(r"tokscope: unknown format 'html'.*\n", done.err)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_page_of_nothing(chromium: Page, tmp_path: Path) -> None:
    done = tokscope("split", "gone.txt", "-o", "page.html", cwd=tmp_path)
    assert done.code == 2
    chromium.open(tmp_path / "page.html")
    assert "gone.txt: no such file" in chromium.run("document.querySelector('header').innerText").lower()
    tokscope("split", "-x", "", "-t", "char,bert-base-uncased", "--special", "-o", "page.html", cwd=tmp_path)
    chromium.open(tmp_path / "page.html")
    assert chromium.run("document.querySelectorAll('main b').length") == 2  # [CLS] and [SEP]
