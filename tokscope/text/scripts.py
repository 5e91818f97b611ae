"""Scripts: which writing system a text is in, as Unicode defines them (UAX #24)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tokscope.errors import UsageError, did_you_mean, similar

if TYPE_CHECKING:
    import regex

_SCRIPT_NAMES = """
Latin Han Cyrillic Hangul Arabic Greek Katakana Hiragana Devanagari Thai Hebrew Bengali Tamil Telugu Kannada
Malayalam Gujarati Gurmukhi Sinhala Oriya Georgian Armenian Khmer Myanmar Lao Tibetan Ethiopic Mongolian
Canadian_Aboriginal Cherokee Bopomofo Coptic Syriac Thaana Nko Samaritan Mandaic Ogham Runic Tagalog Hanunoo
Buhid Tagbanwa Limbu Tai_Le New_Tai_Lue Buginese Tai_Tham Balinese Sundanese Batak Lepcha Ol_Chiki Braille
Glagolitic Tifinagh Yi Lisu Vai Bamum Syloti_Nagri Phags_Pa Saurashtra Kayah_Li Rejang Javanese Cham Tai_Viet
Meetei_Mayek Linear_B Lycian Carian Old_Italic Gothic Old_Permic Ugaritic Old_Persian Deseret Shavian Osmanya
Osage Elbasan Caucasian_Albanian Vithkuqi Todhri Linear_A Cypriot Imperial_Aramaic Palmyrene Nabataean Hatran
Phoenician Lydian Sidetic Meroitic_Hieroglyphs Meroitic_Cursive Kharoshthi Old_South_Arabian Old_North_Arabian
Manichaean Avestan Inscriptional_Parthian Inscriptional_Pahlavi Psalter_Pahlavi Old_Turkic Old_Hungarian
Hanifi_Rohingya Garay Yezidi Old_Sogdian Sogdian Old_Uyghur Chorasmian Elymaic Brahmi Kaithi Sora_Sompeng
Chakma Mahajani Sharada Khojki Multani Khudawadi Grantha Tulu_Tigalari Newa Tirhuta Siddham Modi Takri Ahom
Dogra Warang_Citi Dives_Akuru Nandinagari Zanabazar_Square Soyombo Pau_Cin_Hau Sunuwar Bhaiksuki Marchen
Masaram_Gondi Gunjala_Gondi Tolong_Siki Makasar Kawi Cuneiform Proto_Cuneiform Cypro_Minoan
Egyptian_Hieroglyphs Anatolian_Hieroglyphs Gurung_Khema Mro Tangsa Bassa_Vah Pahawh_Hmong Kirat_Rai
Medefaidrin Beria_Erfe Miao Tangut Nushu Khitan_Small_Script Jurchen Duployan SignWriting
Nyiakeng_Puachue_Hmong Toto Wancho Nag_Mundari Ol_Onal Tai_Yo Mende_Kikakui Adlam Seal
"""

SCRIPTS = tuple(_SCRIPT_NAMES.split())
"""Every script of Unicode 18; the most frequent ones are first, to be found sooner."""

COMMON = "Common"
"""No script: digits, punctuation, emoji, and marks that go with any script."""

MIXED = "Mixed"
"""Several scripts."""


def script_of(text: str) -> str:
    """Name the script of a text's letters; COMMON if it has none, MIXED if they are of several.

    Example: script_of("2026年") -> "Han"; script_of("日の出") -> "Mixed"  # の is Hiragana
    """
    if text.isascii():
        return "Latin" if any(map(str.isalpha, text)) else COMMON
    found = set(map(_script, text)) - {COMMON}
    return MIXED if len(found) > 1 else found.pop() if found else COMMON


@cache
def _script(char: str) -> str:
    match = _script_pattern().match(char)
    return match.lastgroup if match and match.lastgroup else COMMON


@cache
def _script_pattern() -> regex.Pattern[str]:
    import regex

    return regex.compile("|".join(rf"(?P<{name}>\p{{Script={name}}})" for name in SCRIPTS))


LANGUAGES = {
    "chinese": "Han",
    "english": "Latin",
    "hanzi": "Han",
    "french": "Latin",
    "german": "Latin",
    "hindi": "Devanagari",
    "kanji": "Han",
    "korean": "Hangul",
    "persian": "Arabic",
    "russian": "Cyrillic",
    "spanish": "Latin",
    "ukrainian": "Cyrillic",
}
"""Languages that people name in place of the one script that they are mostly written in."""

SEVERAL_SCRIPTS = {
    "japanese": ["Hiragana", "Katakana", "Han"],
    "kana": ["Hiragana", "Katakana"],
    "serbian": ["Cyrillic", "Latin"],
}
"""What has no one script, with those that it has."""


def find_script(name: str, *others: str) -> str:
    """Find the script, or one of the `others`, that a user names; case does not matter.

    Example: find_script("han") -> "Han"; find_script("old italic") -> "Old_Italic";
    find_script("chinese") -> "Han"

    Raises UsageError with similar names.
    """
    known = {one.lower(): one for one in (*SCRIPTS, COMMON, MIXED, *others)}
    key = name.lower().replace(" ", "_").replace("-", "_")
    key = LANGUAGES.get(key, key).lower()
    if key not in known:
        close = SEVERAL_SCRIPTS.get(key) or [known[one] for one in similar(key, known)]
        hint = did_you_mean(close, "Latin, Han and Cyrillic are some")
        raise UsageError(f"unknown script {name!r}: {hint}")
    return known[key]
