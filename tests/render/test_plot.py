"""Plots: in characters the same everywhere, in files well-formed and the same every time."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.shell import tokscope
from tests.support.texts import HOSTILE
from tokscope.errors import OutputError
from tokscope.extras import install
from tokscope.render.chart import lines
from tokscope.render.plot import DARK, save_chart
from tokscope.report.chart import Chart

FIT = ("fit", "-x", "a", "--arch", "llama-3-8b", "--plot")


def frame(drawn: list[str]) -> list[str]:
    """Give the rows inside the frame, without the scale beside them."""
    top, bottom = (next(i for i, line in enumerate(drawn) if corner in line) for corner in "┌└")
    left = drawn[top].index("┌")
    return [line[left + 1 : -1] for line in drawn[top + 1 : bottom]]


def test_a_power_law_is_a_straight_line() -> None:
    """On logarithmic axes n^2 rises twice as fast as n."""
    lengths = [10**i for i in range(9)]
    curves = {"square": [(n, n * n) for n in lengths], "linear": [(n, n) for n in lengths]}
    grid = frame(lines(Chart("Growth", "n", "steps", curves, log_x=True, log_y=True), 60, 30))
    for letter, rise in (("s", 1.0), ("l", 0.5)):
        cells = [
            (x, y) for y, row in enumerate(reversed(grid)) for x, cell in enumerate(row) if cell == letter
        ]
        assert len(cells) > 20
        for x, y in cells:
            assert y == pytest.approx(rise * x * (len(grid) - 1) / (len(grid[0]) - 1), abs=1.01)


CLOSE = {"here": [(0.0, 0.0), (0.01, 0.0), (0.0, 0.01), (-1.0, -1.0)], "there": [(0.012, 0.0), (1.0, 1.0)]}
"""Points of which four share a cell or two in the middle of a chart."""

CLOSE_NAMES = {"here": ["alpha", "beta", "gamma", "日本"], "there": ["delta", "away"]}


def test_names_on_a_chart_are_whole_and_meet_neither_each_other_nor_a_mark() -> None:
    drawn = lines(Chart("", "x", "y", CLOSE, names=CLOSE_NAMES), 70, color=True)
    shown = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in drawn]
    assert len({cell_len(line) for line in shown if line.endswith("│")}) == 1  # wide letters move no edge
    words = " ".join(re.sub("[│┤•]", " ", row) for row in frame(shown)).split()
    assert sorted(words) == sorted(name for names in CLOSE_NAMES.values() for name in names)


def test_names_on_a_picture_do_not_overlap() -> None:
    file = io.BytesIO()
    save_chart(Chart("", "x", "y", CLOSE, names=CLOSE_NAMES), file, "svg")
    names = [name for named in CLOSE_NAMES.values() for name in named]
    before = {"start": 0.0, "middle": 0.5, "end": 1.0}  # how much of a name is before its place
    boxes = []
    for drawn in ET.fromstring(file.getvalue()).iter("{http://www.w3.org/2000/svg}text"):
        if drawn.text in names:
            anchor = re.findall(r"text-anchor: (\w+)", drawn.get("style") or "")[0]
            width = 5 * len(drawn.text)  # letters are 5 to 10 wide, and some 8 high
            left = float(drawn.get("x") or 0) - before[anchor] * width
            boxes.append((left, left + width, float(drawn.get("y") or 0)))
    assert len(boxes) == len(names)
    for one, other in combinations(boxes, 2):
        assert one[1] < other[0] or other[1] < one[0] or abs(one[2] - other[2]) > 7


def test_figures_stand_where_the_values_are() -> None:
    stairs = Chart("Stairs", "byte", "bits", {"entropy": [(0, 0), (10, 4)]}, threshold=("θ", 3))
    drawn = lines(stairs, 40, 15)
    assert [line[0] for line in drawn[2:] if line[1] in "┤├"] == ["4", "3", "2", "1", "0"]
    (crossing,) = (line for line in drawn if line.endswith("┤"))
    assert crossing.startswith("3├──")
    assert drawn[0] == "bits"
    assert drawn[-2:] == ["byte".rjust(40), "── θ 3"]
    log = lines(Chart("", "x", "y", {"a": [(1, 1), (1e6, 1e12)]}, log_x=True, log_y=True))
    assert log[-2].split() == ["1", "100", "10,000", "1e6"]
    narrow = lines(Chart("", "x", "y", {"a": [(1000, 0), (1001, 1)]}), 60)
    assert narrow[-2].split() == ["1,000", "1,000.2", "1,000.4", "1,000.6", "1,000.8", "1,001"]


values = st.floats(-1e12, 1e12) | st.floats() | st.sampled_from([0.0, 5e-324, 1e300, 1e16, 1e16 + 2])


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=5), st.lists(st.tuples(values, values), max_size=5), max_size=4
    ),
    st.booleans(),
    st.booleans(),
    values,
)
def test_any_curves_fit_into_the_frame(
    curves: dict[str, list[tuple[float, float]]], log_x: bool, log_y: bool, threshold: float
) -> None:
    chart = Chart("Any", "x", "y", curves, log_x, log_y, ("level", threshold))
    drawn = lines(chart, 50, 12)
    assert len(drawn) == 0 or len(drawn) >= 12
    assert all(len(line) <= 50 for line in drawn[:12])
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", "".join(drawn))
    if not drawn:
        with pytest.raises(OutputError, match="nothing to plot"):
            save_chart(chart, io.BytesIO(), "svg")


def test_a_curve_hides_no_other() -> None:
    points = [(1.0, 1.0), (9.0, 5.0)]
    chart = Chart("", "", "", dict.fromkeys(("x", "y", "z"), points))
    drawn = "".join(lines(chart, 60)[2:-6])
    counts = [drawn.count(letter) for letter in "xyz"]
    assert min(counts) > 0 and max(counts) - min(counts) <= sum(counts) // 4
    colored = "".join(lines(chart, 60, color=True)[2:-6])
    assert all(f"\x1b[38;5;{paint}m" in colored for paint in (6, 3, 5))
    alone = "".join(lines(Chart("", "", "", {"x": points}), 60)[2:-3])
    assert re.sub(r"[^⠁-⣿]", "", colored) == re.sub(r"[^⠁-⣿]", "", alone)


def test_more_curves_than_colours_look_each_like_no_other() -> None:
    chart = Chart("", "x", "y", {f"curve {i}": [(0, i), (9, i)] for i in range(9)})
    file = io.BytesIO()
    save_chart(chart, file, "svg")
    legend = file.getvalue().decode().partition('id="legend_1"')[2]
    looks = re.findall(r'style="fill: none;( stroke-dasharray: [^;]+;)?[^"]*stroke: (#\w+)', legend)
    assert len(looks) == len({*looks}) == 9
    in_terminal = [line.partition(" curve")[0] for line in lines(chart, color=True) if " curve" in line]
    assert len(in_terminal) == len({*in_terminal}) == 9


def test_nothing_dark_is_left_where_the_viewer_is_dark() -> None:
    curves = {f"curve {i}": [(0.0, i), (9.0, i)] for i in range(6)}
    drawn = svg(Chart("", "x", "y", curves, threshold=("level", 2.0), names={"curve 0": ["a", "b"]})).decode()
    colours = {*re.findall(r"(?:fill|stroke): #\w+", drawn.partition("</style>")[2])}
    rules = " ".join(DARK)
    assert {one for one in colours if one not in rules} == {"stroke: #b0b0b0", "stroke: #808080"}  # greys
    assert all(f"{rule}}}" in drawn for rule in DARK.values())


def test_a_legend_is_not_of_one_curve_whose_points_have_names() -> None:
    points = {"tokenizers": [(1.0, 1.0), (9.0, 5.0)]}
    for names, threshold, legend in (
        ({}, None, True),
        ({"tokenizers": ["a", "b"]}, None, False),
        ({"tokenizers": ["a", "b"]}, ("level", 2.0), True),
    ):
        assert (b"legend_1" in svg(Chart("", "", "", points, names=names, threshold=threshold))) is legend


def test_colour_changes_nothing_else() -> None:
    chart = Chart("Line", "x", "y", {"a": [(0, 0), (1, 1), (2, 0)]})
    plain, coloured = lines(chart), lines(chart, color=True)
    bare = [re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in coloured]
    assert coloured != plain
    assert bare[: len(plain)] == [line.rstrip() for line in plain]
    assert bare[len(plain) :] == ["━━ a"]


def svg(chart: Chart) -> bytes:
    file = io.BytesIO()
    save_chart(chart, file, "svg")
    return file.getvalue()


@pytest.mark.parametrize("name", ["html", "escape", "markup", "NUL", "right to left", "unassigned", "emoji"])
def test_names_from_outside_are_only_shown(name: str) -> None:
    text = HOSTILE[name]
    chart = Chart(text, text, f"$x^2$ ${text}$", {f"a{text}": [(1, 2), (2, 3)], f"b{text}": [(1, 1)]})
    drawn = svg(chart)
    root = ET.fromstring(drawn)
    assert not [element for element in root.iter() if element.tag.endswith(("script", "image"))]
    shown = "".join(root.itertext())
    assert "$x^2$" in shown
    if name == "html":
        assert text in shown
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", "".join(lines(chart)) + shown)


@pytest.mark.slow
def test_the_same_chart_gives_the_same_bytes(tmp_path: Path) -> None:
    """Also in another process, with another seed for its hashes, and where matplotlib can keep no cache."""
    curves = {"char": [(1, 3), (2, 2), (3, 1)]}
    chart = Chart("Rank and frequency", "rank", "count", curves, log_x=True, log_y=True)
    arguments = ("stats", "-x", "abacab", "-t", "char", "-o", tmp_path / "1.svg")
    assert tokscope(*arguments, env={"MPLCONFIGDIR": "/dev/null/no"}) == (0, "", "")
    assert (tmp_path / "1.svg").read_bytes() == svg(chart)
    pictures = [io.BytesIO(), io.BytesIO()]
    for picture in pictures:
        save_chart(Chart("Line", "x", "y", {"a": [(1, 1), (2, 4)]}), picture, "png")
    assert pictures[0].getvalue() == pictures[1].getvalue()
    assert pictures[0].getvalue().startswith(b"\x89PNG\r\n\x1a\n")
    drawn = "".join(ET.fromstring((tmp_path / "1.svg").read_bytes()).itertext())
    assert all(name in drawn for name in ("Rank and frequency", "rank", "count", "char"))


def test_the_plot_stands_under_the_table_in_every_format_for_people() -> None:
    plain = tokscope(*FIT).out
    start = plain.index("FLOP\n")
    assert {line[0] for line in plain[start:].splitlines() if " = " in line} == set("abcdefghi")
    assert "```text\n" + plain[start:] + "```\n" in tokscope(*FIT, "--format", "md").out
    table = tokscope(*FIT, "--format", "table", env={"COLUMNS": "72"}).out
    assert plain[start:] in table
    assert "\x1b" not in table + plain
    assert "⠤" in tokscope(*FIT, "--format", "table", "--color", "always").out


@pytest.mark.parametrize("command", ["stats", "fit"])
def test_a_file_behind_plot_is_not_taken_for_an_input(command: str) -> None:
    done = tokscope(command, "--plot", "out.SVG", stdin=b"a")
    assert (done.code, done.out) == (2, "")
    assert done.err == "tokscope: --plot takes no file; for the plot as a picture: -o out.SVG\n"


def test_without_matplotlib_it_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = None;"
        "from tokscope.cli import run; sys.exit(run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *FIT, "-o", tmp_path / "plot.svg"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"tokscope: a plot in SVG needs an extra; install with: {install('plot')}\n"
    assert not list(tmp_path.iterdir())
