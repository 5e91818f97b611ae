"""What seconds of sound and frames of video are to a model, one function for each rule.

Seconds are fractions, so that 25 tokens a second of 80,000 samples at 25,000 Hz are 80 and not 80.00000001.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from tokscope.media.processors import grid, smart

ROUND: dict[str, Callable[[Fraction], int]] = {"up": ceil, "down": floor}


def rate(seconds: Fraction, each: int | Fraction, to: str = "up", books: int = 1, cap: int = 0) -> int:
    """Count `each` tokens a second, times the codebooks, and `cap` at most (0: no cap).

    Example: rate(Fraction("3.196"), each=25) -> 80
    """
    tokens = ROUND[to](seconds * each) * books
    return min(tokens, cap) if cap else tokens


def windows(seconds: Fraction, each: int, length: int) -> int:
    """Count whole windows of `length` seconds, of `each` tokens each.

    Example: windows(Fraction(31), each=1500, length=30) -> 3000
    """
    return ceil(seconds / length) * each


def clip(seconds: Fraction, each: int) -> int:
    """Count a clip for one price, whatever its length.

    Example: clip(Fraction(5), each=188) -> 188
    """
    return each


def qwen2_audio(seconds: Fraction) -> int:
    """Halve the mel frames (100 a second, 30 s at most) twice.

    Example: qwen2_audio(Fraction(1)) -> 25

    Source: transformers, modeling_qwen2_audio.
    """
    frames = min(floor(seconds * 100), 3000)
    return max(((frames - 1) // 2 + 1 - 2) // 2 + 1, 0)


def qwen3_omni(seconds: Fraction) -> int:
    """Count 13 tokens for each 100 mel frames (a second), and halve what is left over three times.

    Example: qwen3_omni(Fraction(30)) -> 390

    Source: transformers, qwen3_omni_moe.
    """
    whole, left = divmod(floor(seconds * 100), 100)
    for _ in range(3):
        left = (left - 1) // 2 + 1
    return left + 13 * whole


def phi4_audio(seconds: Fraction) -> int:
    """Count one token for eight frames of 10 ms, each 25 ms wide, at 16 kHz.

    Example: phi4_audio(Fraction(1)) -> 13

    Source: transformers, feature_extraction_phi4_multimodal.
    """
    frames = (floor(seconds * 16000) - 400) // 160 + 1
    return -(-max(frames, 0) // 8)


def gemma4_audio(seconds: Fraction, cap: int = 750) -> int:
    """Halve the mel frames (100 a second) twice: a token is 40 ms.

    Example: gemma4_audio(Fraction(1)) -> 25

    Source: transformers, processing_gemma4.
    """
    frames = max((floor(seconds * 16000) + 160 - 321) // 160 + 1, 0)
    for _ in range(2):
        frames = (frames - 1) // 2 + 1
    return min(frames, cap)


LENGTHS: dict[str, Callable[..., int]] = {
    "clip": clip,
    "gemma4-audio": gemma4_audio,
    "phi4-audio": phi4_audio,
    "qwen2-audio": qwen2_audio,
    "qwen3-omni": qwen3_omni,
    "rate": rate,
    "windows": windows,
}
"""The rules for sound, by the names that rules.csv has for them."""


class Clip(NamedTuple):
    """A video as its headers have it: the picture's size, its frames, and the seconds of picture and sound.

    Example: Clip(1920, 1080, Fraction(10), 240).sound -> 0

    `sound` is 0 where there is no sound track.
    """

    width: int
    height: int
    seconds: Fraction
    frames: int
    sound: Fraction = Fraction(0)


class Reel(NamedTuple):
    """What a video is to a model: the frames that it takes, the tokens of picture and of sound.

    Example: Reel(frames=10, picture=2580, sound=320)
    """

    frames: int
    picture: int
    sound: int


def sampled(
    clip: Clip,
    each: int,
    to: str,
    fps: int | Fraction = 1,
    sound: int = 0,
    stamp: int = 0,
    by: str = "second",
) -> Reel:
    """Take frames at a steady rate, each for one price, and the sound beside them.

    Example: sampled(Clip(320, 176, Fraction("10.027"), 250, Fraction("10.027")), 263, "up", sound=32)
    -> Reel(11, 2893, 321)

    `stamp` is what a time stamp adds to a frame; the sound is `sound` tokens a second, or a frame (`by`).
    """
    frames = max(ROUND[to](clip.seconds * fps), 1)
    heard = frames if by == "frame" else clip.sound
    return Reel(frames, frames * (each + stamp), ceil(heard * sound) if clip.sound else 0)


def qwen_video(clip: Clip, factor: int, fps: int | Fraction = 2) -> Reel:
    """Take an even number of frames, 4 to 768, resize each, and count two frames as one picture.

    Example: qwen_video(Clip(1280, 720, Fraction(10), 300), factor=28) -> Reel(20, 7200, 0)

    All frames together are bounded by nine tenths of 128,000 tokens. Source: qwen-vl-utils, fetch_video.
    Raises ValueError for what it refuses: a video of one frame.
    """
    if clip.frames < 2:
        raise ValueError("fewer than two frames")
    most = min(768, clip.frames) // 2 * 2
    frames = min(max(floor(clip.seconds * fps), 4), most) // 2 * 2
    pixels = factor * factor
    largest = max(min(768 * pixels, 128000 * pixels * 0.9 / frames * 2), int(128 * pixels * 1.05))
    layout = smart(clip.width, clip.height, factor, 128 * pixels, floor(largest))
    return Reel(frames, frames // 2 * layout.tokens, 0)


def gemma_video(clip: Clip, budget: int = 70, most: int = 32, extra: int = 8) -> Reel:
    """Take up to 32 frames, each by the grid of pictures, with a time stamp and two marks.

    Example: gemma_video(Clip(1280, 720, Fraction(60), 1800)) -> Reel(32, 2368, 0)

    Source: Gemma 4's processor (transformers).
    """
    frames = min(clip.frames, most)
    return Reel(frames, frames * (grid(clip.width, clip.height, budget).tokens + extra), 0)


def emu3_video(clip: Clip) -> Reel:
    """Turn every four frames into one grid of codes, as large as that of a picture.

    Example: emu3_video(Clip(1024, 768, Fraction(2), 50)) -> Reel(48, 147456, 0)

    Source: baaivision/Emu3, its video tokenizer. Raises ValueError for a video of fewer than four frames.
    """
    if clip.frames < 4:
        raise ValueError("fewer than four frames")
    groups = clip.frames // 4
    return Reel(groups * 4, groups * smart(clip.width, clip.height, 8, 512 * 512, 1024 * 1024).tokens, 0)


REELS: dict[str, Callable[..., Reel]] = {
    "emu3-video": emu3_video,
    "gemma-video": gemma_video,
    "qwen-video": qwen_video,
    "sampled": sampled,
}
"""The rules for video, by the names that rules.csv has for them."""
