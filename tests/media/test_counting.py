"""What a count says besides the number: whether it is exact, whose rule it is, and where there is none."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tokscope.errors import TokscopeError, Unsupported, UsageError
from tokscope.media.counting import MediaCount, count_medium, layout
from tokscope.media.medium import Medium
from tokscope.media.pdf import PageSize
from tokscope.media.rules import Asked, read_rules


def picture(width: int, height: int) -> Medium:
    return Medium("picture", "png", width=width, height=height)


SOUND = Medium("sound", "wav", seconds=Fraction(5, 2))
FILM = Medium("video", "mp4", width=320, height=176, seconds=Fraction(10), sound=Fraction(10), frames=250)
PDF = Medium("pdf", "pdf", pages=(PageSize(595, 842),))


def bounds(result: MediaCount) -> tuple[int | None, int | None, int | None, bool]:
    return result.low, result.tokens, result.high, result.exact


@pytest.mark.parametrize(
    ("medium", "model"),
    [
        *(
            (picture(9, 9), model)
            for model in ("gpt-4", "gpt-3.5-turbo", "o3-mini", "deepseek-v4", "t5", "char")
        ),
        *((SOUND, model) for model in ("gpt-4o", "claude-opus-5-5", "qwen2.5-vl")),
        *((FILM, model) for model in ("gpt-5.5", "claude-opus-5-5", "whisper")),
        *((PDF, model) for model in ("gpt-4", "qwen2.5-vl", "whisper")),
    ],
)
def test_no_rule_is_no_zero(medium: Medium, model: str) -> None:
    result = count_medium(medium, model)
    assert bounds(result) == (None, None, None, False)
    assert result.note == f"{model}: no {medium.kind} rule"
    assert not result.rejected


def test_no_rule_with_a_reason() -> None:
    assert "about 1,000 tokens a megapixel" in count_medium(picture(9, 9), "grok-4.7").note
    assert "billed by the second" in count_medium(SOUND, "gpt-live-1").note
    assert count_medium(SOUND, "gpt-live-1").tokens is None


@pytest.mark.parametrize(
    ("medium", "model", "together", "said"),
    [
        (picture(8001, 10), "claude-opus-5-5", 1, "a side of 8,001 pixels; at most 8,000"),
        (
            picture(10, 2001),
            "claude-sonnet-4-5",
            21,
            "a side of 2,001 pixels; at most 2,000 among more than 20",
        ),
        (picture(6000, 6000), "gpt-6-astra", 1, "35,344 patches; at most 30,000"),
        (picture(2010, 10), "qwen2.5-vl", 1, "one side is more than 200 times the other"),
        (
            Medium("pdf", "pdf", pages=(PageSize(9, 9),) * 1001),
            "gemini-3-flash",
            1,
            "1,001 pages; at most 1,000",
        ),
        (
            Medium("pdf", "pdf", pages=(PageSize(9, 9),) * 101),
            "claude-haiku-4-5",
            1,
            "101 pages; at most 100",
        ),
        (
            Medium("pdf", "pdf", 60 << 20, pages=(PageSize(9, 9),)),
            "gpt-5.5",
            1,
            "62,914,560 bytes; at most 52,428,800",
        ),
        (FILM._replace(frames=1), "qwen3-vl", 1, "fewer than two frames"),
        (FILM._replace(frames=3), "emu3", 1, "fewer than four frames"),
        (picture(9, 9), "gpt-5.5", 1501, "1,501 pictures in a request; at most 1,500"),
    ],
)
def test_rejected_is_a_state_of_its_own(medium: Medium, model: str, together: int, said: str) -> None:
    result = count_medium(medium, model, Asked(together=together))
    assert bounds(result) == (None, None, None, False)
    assert result.rejected.startswith(f"{model} rejects it: {said}")


def test_limits_themselves_are_taken() -> None:
    for medium, model, together in (
        (picture(8000, 10), "claude-opus-5-5", 20),
        (picture(2000, 2000), "claude-opus-5-5", 21),
        (picture(200 * 32, 150 * 32), "gpt-6-astra", 1),
        (picture(2000, 10), "qwen2.5-vl", 1),
        (Medium("pdf", "pdf", pages=(PageSize(595, 842),) * 1000), "gemini-3-flash", 1),
    ):
        assert count_medium(medium, model, Asked(together=together)).tokens


def test_measured_and_documented() -> None:
    billed = count_medium(picture(1024, 1024), "gpt-5-mini")
    assert bounds(billed) == (1229, 1229, 1229, True)
    assert "the vendor's page says 1,659" in billed.note
    told = count_medium(picture(1024, 1024), "gpt-5-mini", Asked(rules="documented"))
    assert bounds(told) == (1229, 1659, 1659, False)
    flat = count_medium(picture(1024, 1024), "gemini-2.5-flash")
    assert bounds(flat) == (258, 258, 258, True)
    assert count_medium(picture(1024, 1024), "gemini-3-pro", Asked(rules="documented")).tokens == 1120


def test_rules_of_a_day() -> None:
    tall = picture(2400, 1800)
    old, new = count_medium(tall, "gpt-4.1-mini", Asked(as_of="2026-06")), count_medium(tall, "gpt-4.1-mini")
    assert bounds(old) == (2353, 2353, 2353, True)
    assert old.as_of == "2025-04"
    assert bounds(new) == (2353, 4977, 4977, False)
    assert new.as_of == "2026-09-27"
    assert count_medium(tall, "gpt-4.1-mini", Asked(as_of="2026-09-27")) == new
    small = count_medium(picture(640, 480), "gpt-4.1-mini")
    assert small.exact  # the measured rule of 2025 gives the same
    assert count_medium(picture(1000, 1000), "claude-sonnet-4-5", Asked(as_of="2026-03")).tokens == 1334
    ancient = count_medium(tall, "gpt-4.1-mini", Asked(as_of="2001"))
    assert ancient.tokens == old.tokens
    assert "nothing older than 2025-04 is known" in ancient.note


def test_an_estimate_says_what_it_rests_on() -> None:
    assert "by the model's own code" in count_medium(picture(640, 480), "qwen3-vl").note
    assert "derived from the rule" in count_medium(picture(640, 480), "gpt-5").note
    assert "other projects' tests" in count_medium(picture(640, 480), "gpt-4o-mini").note


def test_estimates_are_bounded() -> None:
    assert bounds(count_medium(picture(128, 64), "o1")) == (31, 225, 225, False)
    assert bounds(count_medium(picture(1024, 1024), "gpt-5")) == (
        630,
        630,
        630,
        False,
    )  # no figure was ever seen
    assert bounds(count_medium(picture(1920, 1080), "claude-haiku-5-5")) == (1560, 2691, 2691, False)
    assert bounds(count_medium(picture(2560, 1440), "gpt-6-astra", Asked("high"))) == (
        2765,
        2765,
        2931,
        False,
    )
    assert bounds(count_medium(picture(540, 360), "gemini-2.0-flash")) == (1548, 1806, 1806, False)
    for width, height, hundreds in ((900, 450, 800), (900, 900, 1300), (1800, 900, 2400), (1300, 1300, 2600)):
        nova = count_medium(picture(width, height), "amazon.nova-lite-v1:0")
        assert nova.low is not None and nova.high is not None and nova.low <= hundreds <= nova.high


def test_details() -> None:
    tall = picture(2048, 4096)
    assert [count_medium(tall, "gpt-4o", Asked(detail)).tokens for detail in ("low", "high", "auto")] == [
        85,
        1105,
        1105,
    ]
    assert [
        count_medium(tall, "gpt-5.5", Asked(detail)).tokens for detail in ("high", "original", "low")
    ] == [
        2458,
        9831,
        154,
    ]
    assert [
        count_medium(tall, "gemini-3-pro", Asked(detail)).tokens for detail in ("low", "medium", "high")
    ] == [
        253,
        528,
        1081,
    ]
    with pytest.raises(
        Unsupported, match=r"gpt-4o has no rule for a picture of detail original: it takes auto, low, high"
    ):
        count_medium(tall, "gpt-4o", Asked("original"))


@pytest.mark.parametrize(
    ("model", "asked", "tokens", "sound"),
    [
        ("gemini-3-flash", Asked(), 910, 250),
        ("gemini-3-flash", Asked(host="vertex"), 890, 250),
        ("gemini-3-flash", Asked(host="files"), 890, 250),
        ("gemini-3-flash", Asked(rules="documented"), 950, 250),
        ("gemini-2.5-flash", Asked(), 2950, 320),
        ("gemini-2.0-flash", Asked(), 2830, 250),
        ("qwen2.5-vl", Asked(), 10 * 9 * 16, 0),
        ("qwen3-vl", Asked(), 10 * 9 * 16, 0),
        ("emu3-stage1", Asked(), 62 * 48 * 87, 0),
    ],
)
def test_video_by_host(model: str, asked: Asked, tokens: int, sound: int) -> None:
    result = count_medium(FILM, model, asked)
    assert (result.tokens, result.sound) == (tokens, sound)
    assert result.taken == (10 if model.startswith("gemini") else 248 if model.startswith("emu3") else 20)


def test_an_mp3s_padding_is_counted_by_gemini_25_alone() -> None:
    padded = Medium("sound", "mp3", seconds=Fraction("3.196"), stored=Fraction("3.239"))
    assert count_medium(padded, "gemini-3-flash").tokens == 80
    assert count_medium(padded, "gemini-2.5-flash").tokens == 104
    assert count_medium(padded._replace(stored=Fraction(0)), "gemini-2.5-flash").tokens == 103


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("GPT-4o-2024-08-06", "gpt-4o"),
        ("claude-opus-4-5-20251101", "claude-opus-4-5"),
        ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen2.5-vl"),
        ("openai/gpt-4.1", "gpt-4.1"),
        ("gpt-5.4-mini-2026-03-05", "gpt-5.4-mini"),
        ("models/gemini-3-pro-preview", "gemini-3-pro"),
        ("router/openai/gpt-4.1", "gpt-4.1"),
        ("ft:gpt-4o-2024-08-06:acme::7p4l", "gpt-4o"),
    ],
)
def test_names(name: str, same: str) -> None:
    assert count_medium(picture(1234, 567), name)[6:] == count_medium(picture(1234, 567), same)[6:]


def test_parameters_of_ones_own() -> None:
    assert count_medium(picture(896, 896), "internvl2?most=4&wrap=0").tokens == 1280
    own = count_medium(picture(597, 566), "qwen2.5-vl?largest=100000")
    assert not own.exact
    assert "by your parameters" in own.note
    with pytest.raises(UsageError, match="the rule 'windows' does not take these parameters"):
        count_medium(SOUND, "whisper?books=2")
    for wrong in (
        "gpt-4o?nonsense=1",
        "gpt-4o?tile=",
        "qwen2.5-vl?factor=0",
        "llava-next?most=3",
        "gpt-4o?tile=abc",
    ):
        with pytest.raises(TokscopeError):
            count_medium(picture(597, 566), wrong)


@pytest.mark.parametrize(
    "asked",
    [Asked("best"), Asked(rules="mine"), Asked(as_of="June"), Asked(host="azure"), Asked(role="system")],
)
def test_words_that_are_none(asked: Asked) -> None:
    with pytest.raises(UsageError, match=r"unknown|is not a date"):
        count_medium(picture(9, 9), "gpt-4o", asked)


def test_layout_is_the_counts() -> None:
    shown = layout(picture(2049, 513), "gpt-4.1")
    assert (shown.width, shown.height, shown.columns, shown.rows) == (2048, 513, 4, 2)
    assert shown.tokens == count_medium(picture(2049, 513), "gpt-4.1").tokens
    for medium, model, said in (
        (picture(9, 9), "gpt-4", "no picture rule"),
        (SOUND, "whisper", "a sound has no cells"),
        (picture(9000, 9), "claude-opus-5-5", "rejects it"),
    ):
        with pytest.raises(UsageError, match=said):
            layout(medium, model)


def test_the_table_is_whole() -> None:
    for rule in read_rules():
        assert rule.kind in ("picture", "sound", "video", "pdf")
        assert rule.basis in ("", "measured", "documented", "or")
        assert rule.status in "OMCTD"
        assert rule.as_of[:2] == "20" and rule.source, rule
        assert rule.low <= 1 <= rule.high
        medium = {"picture": picture(640, 480), "sound": SOUND, "video": FILM, "pdf": PDF}[rule.kind]
        details = rule.when.intersection(("low", "medium", "high", "ultra_high", "original")) or {"auto"}
        for model in rule.models:
            asked = Asked("auto" if "auto" in rule.when else min(details))
            result = count_medium(medium, model.replace("*", ""), asked)
            assert (result.tokens is None) == ("no " in result.note and not result.rule), (rule, result)
