"""vq: a picture becomes ids of a codebook, and a picture again; the codebook is learned by k-means."""

from __future__ import annotations

import io
import json
import math
import os
import signal
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.support.shell import Result, tokscope, until_computed
from tokscope import load
from tokscope.codes import codebook as codebooks
from tokscope.codes.codebook import FORMAT, Codebook, cut_patches
from tokscope.codes.kmeans import nearest_codes
from tokscope.codes.quality import Quality
from tokscope.errors import BrokenTokenizer, InputError, UnknownId, UsageError
from tokscope.files import npz
from tokscope.learning.vq_training import PatchSample, VqSettings, VqTraining, _Start, lloyd, seeded
from tokscope.report.picture import Pixels


def picture(width: int, height: int, seed: int = 0) -> Pixels:
    """Draw soft colours with some noise."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = [128 + 100 * np.sin((x * a + y * b) / 17) for a, b in ((1, 0.3), (0.2, 1), (0.7, -0.6))]
    image = np.stack(waves, axis=2) + random.normal(0, 6, (height, width, 3))
    return Pixels(width, height, np.clip(image, 0, 255).astype(np.uint8).tobytes())


def saved(pixels: Pixels, path: Path) -> Path:
    Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb).save(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vq")
    for number in range(2):
        saved(picture(96, 64, number), folder / f"{number}.png")
    saved(picture(45, 30, 9), folder / "odd.png")
    for levels in (1, 3):
        name = f"codes{levels}.npz"
        done = train(folder, "0.png", "1.png", "-o", name, "--levels", str(levels))
        assert done.code == 0, done
    return folder


def train(folder: Path, *arguments: str) -> Result:
    return tokscope("train", "vq", *arguments, "--codes", "32", "--patch", "4", cwd=folder)


SIDES = st.integers(1, 30)
SPECS = ["vq:codes1.npz", "vq:codes3.npz"]


@pytest.mark.parametrize("spec", SPECS)
def test_the_contract(folder: Path, spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Order, coverage, count == len(encode), ids within the vocabulary, and the round trip of ids."""
    monkeypatch.chdir(folder)
    tokenizer = load(spec)
    assert load(tokenizer.name).name == tokenizer.name
    for width, height in ((96, 64), (45, 30), (1, 1), (4, 9)):
        shown = tokenizer.encode_picture(picture(width, height, 3))
        plain = tokenizer.layout(width, height)
        assert plain is not None and shown._replace(ids=None) == plain
        assert shown.ids is not None and len(shown.ids) == shown.tokens == plain.tokens
        assert all(0 <= one < (tokenizer.vocab_size or 0) for one in shown.ids)
        boxes = list(shown.onto(width, height))
        covered = sum((box.right - box.left) * (box.bottom - box.top) for box in boxes)
        assert covered == pytest.approx(width * height)
        back = Image.open(io.BytesIO(tokenizer.decode(shown.ids))).convert("RGB")
        assert (back.width, back.height) == (shown.columns * 4, shown.rows * 4)
        again = tokenizer.encode_picture(Pixels(back.width, back.height, back.tobytes()))
        if spec == SPECS[0]:  # with further levels another sum may be as near
            assert again.ids == shown.ids


@given(width=SIDES, height=SIDES, patch=st.integers(1, 9), levels=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_ids_become_what_the_nearest_entries_are(width: int, height: int, patch: int, levels: int) -> None:
    random = np.random.default_rng([width, height, patch])
    entries = random.uniform(-30 if levels > 1 else 0, 255, (levels, 5, patch * patch * 3)).astype(np.float32)
    codebook = Codebook(entries, patch, {})
    pixels = picture(width, height, 5)
    ids = codebook.encode(pixels)
    shown = codebook.layout(width, height)
    assert len(ids) == shown.tokens
    back = codebook.decode(ids)
    image = np.frombuffer(back.rgb, np.uint8).reshape(back.height, back.width, 3)
    for number, vector in enumerate(cut_patches(pixels, patch)):
        row, column = divmod(number, shown.columns)
        left, sum_ = vector.astype(np.float64), np.zeros(patch * patch * 3)
        for level in range(levels):
            code = ids[row * (shown.columns * levels + 1) + column * levels + level] - level * 5
            distances = np.square(left - entries[level]).sum(axis=1)
            assert distances[code] <= distances.min() * (1 + 1e-4) + 1e-2
            left, sum_ = left - entries[level][code], sum_ + entries[level][code]
        mine = image[row * patch : (row + 1) * patch, column * patch : (column + 1) * patch].ravel()
        assert np.abs(mine - np.clip(sum_, 0, 255)).max() <= 0.51


def test_as_many_codes_as_colours_lose_nothing() -> None:
    colours = [bytes(colour) for colour in product((0, 90, 255), repeat=3)]
    pixels = Pixels(27, 2, b"".join(colours) * 2)
    codebook = VqTraining(PatchSample.of([pixels], VqSettings(27, 1)), VqSettings(27, 1)).run(
        lambda progress: None
    )
    assert codebook.decode(codebook.encode(pixels)) == pixels
    assert codebook.about["psnr"] is None and codebook.about["used"] == 1
    assert codebook.about["perplexity"] == pytest.approx(27)


@pytest.mark.slow
def test_kmeans_is_that_of_scikit_learn() -> None:
    """From the same starting entries, Lloyd's steps end in the same entries."""
    from sklearn.cluster import KMeans

    vectors = cut_patches(picture(96, 64), 4)
    start = seeded(vectors, 16, np.random.default_rng(1))
    now = _Start(start, math.inf, 0)
    for _ in range(300):
        moved = lloyd(vectors, now)
        if np.array_equal(moved.entries, now.entries):
            break
        now = moved
    theirs = KMeans(16, init=start, n_init=1, max_iter=300, tol=0).fit(vectors)
    assert np.abs(theirs.cluster_centers_ - now.entries).max() < 1e-2
    mine = np.square(vectors - now.entries[nearest_codes(vectors, now.entries)]).sum(dtype=np.float64)
    assert mine == pytest.approx(theirs.inertia_, rel=1e-4)


def test_kmeans_plus_plus_prefers_what_is_far() -> None:
    """Of three heaps, one of each is drawn first; by chance alone that happens in two of nine draws."""
    heaps = np.repeat(np.float32([[0, 0], [1000, 0], [0, 1000]]), 100, axis=0)
    heaps += np.random.default_rng(0).normal(0, 1, heaps.shape).astype(np.float32)
    for seed in range(20):
        drawn = seeded(heaps, 3, np.random.default_rng(seed))
        assert len({tuple(np.round(entry, -3)) for entry in drawn}) == 3


def test_an_entry_without_vectors_takes_the_farthest() -> None:
    vectors = np.float32([[0.0], [1.0], [100.0]])
    moved = lloyd(vectors, _Start(np.float32([[0.0], [-500.0]]), math.inf, 0))
    assert moved.entries[1] == 100 and moved.entries[0] == pytest.approx(101 / 3)


def test_the_same_seed_gives_the_same_bytes_and_another_others(folder: Path) -> None:
    first = (folder / "codes1.npz").read_bytes()
    assert train(folder, "0.png", "1.png", "-o", "again.npz").code == 0
    assert (folder / "again.npz").read_bytes() == first
    assert train(folder, "0.png", "1.png", "-o", "again.npz", "--seed", "1").code == 0
    assert (folder / "again.npz").read_bytes() != first


def test_more_codes_and_levels_render_better() -> None:
    pixels = [picture(64, 64, number) for number in range(2)]

    def psnr(**more: int) -> float:
        wanted = VqSettings(**{"codes": 16, "patch": 4, "restarts": 1, **more})
        codebook = VqTraining(PatchSample.of(pixels, wanted), wanted).run(lambda progress: None)

        def encode(picture: Pixels) -> object:
            return codebook.layout(picture.width, picture.height)._replace(ids=codebook.encode(picture))

        found = Quality.of(encode, codebook.decode, codebook.row_end, pixels)  # type: ignore[arg-type]
        assert found.psnr == pytest.approx(codebook.about["psnr"])
        return found.psnr or 0

    one, more, deep = psnr(), psnr(codes=64), psnr(levels=3)
    assert one + 1 < more < deep


def test_training_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    wanted = VqSettings(codes=24, patch=4, levels=2, restarts=2)
    pixels = [picture(64, 64)]
    whole = io.BytesIO()
    VqTraining(PatchSample.of(pixels, wanted), wanted).run(lambda progress: None).save(whole)
    for after in (1, 3, 8, 20):
        training, seen = VqTraining(PatchSample.of(pixels, wanted), wanted), 0

        def stop(progress: object) -> None:
            nonlocal seen
            seen += 1
            if seen == after:  # noqa: B023 - called within this turn
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            training.run(stop)
        training.save(str(tmp_path / "part"))
        resumed = VqTraining(PatchSample.of(pixels, wanted), wanted)
        resumed.resume(str(tmp_path / "part"))
        found = io.BytesIO()
        resumed.run(lambda progress: None).save(found)
        assert found.getvalue() == whole.getvalue()
    with pytest.raises(UsageError, match="with other options"):
        VqTraining(PatchSample.of(pixels, wanted), wanted._replace(seed=1)).resume(str(tmp_path / "part"))


@pytest.mark.slow
def test_ctrl_c_leaves_what_the_same_command_goes_on_with(folder: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    command = [*(sys.executable, "-m", "tokscope", "train", "vq", "noise.png", "-o", "a.npz")]
    command += ["--codes", "256", "--patch", "4", "--restarts", "2"]
    for seconds in (4, 2, 1, 0.5):  # the machine may be done sooner
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True)
        until_computed(process, seconds)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=100)
        if process.returncode:
            break
        (tmp_path / "a.npz").unlink()
    assert process.returncode == 130 and b"the same command continues from a.npz.part" in said
    assert not (tmp_path / "a.npz").exists()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert b"continuing, from a.npz.part" in done.stderr and not (tmp_path / "a.npz.part").exists()
    first = (tmp_path / "a.npz").read_bytes()
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / "a.npz").read_bytes() == first


def test_commands(folder: Path) -> None:
    ids = tokscope("encode", "odd.png", "-t", "vq:codes1.npz", cwd=folder)
    assert ids.code == 0 and len(ids.out.split()) == 8 * 12 + 8
    assert ids.out.split()[12] == "32"
    counted = tokscope("count", "odd.png", "-t", "vq:codes1.npz", cwd=folder)
    assert counted.out == f"{len(ids.out.split())}\n"
    done = tokscope("decode", "-t", "vq:codes1.npz", "-o", "back.png", stdin=ids.out.encode(), cwd=folder)
    assert done.code == 0 and Image.open(folder / "back.png").size == (48, 32)
    again = tokscope("encode", "back.png", "-t", "vq:codes1.npz", "--json", cwd=folder)
    assert json.loads(again.out) == [int(one) for one in ids.out.split()]
    split = tokscope("split", "odd.png", "-t", "vq:codes3.npz", "--format", "json", cwd=folder)
    (one,) = json.loads(split.out)["results"]
    levels = [[code // 32 for code in cell["ids"]] for cell in one["split"]]
    assert levels == [[0, 1, 2]] * 96 and one["tokens"] == 96 * 3 + 8


def test_compare_has_png_and_jpeg_beside_it(folder: Path) -> None:
    done = tokscope("compare", "0.png", "-t", "vq:codes1.npz,dall-e", "--format", "json", cwd=folder)
    mine, dalle, png, jpeg = json.loads(done.out)["results"]
    pixels = 96 * 64
    assert mine["bits_per_pixel"] == pytest.approx(mine["tokens"] * math.log2(33) / pixels)
    assert dalle["bits_per_pixel"] == pytest.approx(1024 * 13 / pixels)
    image, written = Image.open(folder / "0.png"), io.BytesIO()
    image.save(written, "JPEG", quality=75)
    assert jpeg["bits_per_pixel"] == pytest.approx(len(written.getvalue()) * 8 / pixels)
    assert png["psnr"] is None and png["bits_per_pixel"] > mine["bits_per_pixel"]
    lossy = np.asarray(Image.open(written), float) - np.asarray(image, float)
    assert jpeg["psnr"] == pytest.approx(10 * math.log10(255**2 / np.square(lossy).mean()))
    back = load(f"vq:{folder / 'codes1.npz'}")
    shown = back.encode_picture(picture(96, 64, 0))
    error = np.asarray(Image.open(io.BytesIO(back.decode(shown.ids or []))), float) - np.asarray(image, float)
    assert mine["psnr"] == pytest.approx(10 * math.log10(255**2 / np.square(error).mean()))
    codes = np.asarray([one for one in shown.ids or [] if one != 32])
    shares = np.bincount(codes) / len(codes)
    entropy = -sum(share * math.log2(share) for share in shares if share)
    assert (mine["used"], mine["perplexity"]) == (len({*codes}) / 32, pytest.approx(2**entropy))
    assert "PSNR" in tokscope("compare", "0.png", "-t", "vq:codes1.npz", cwd=folder).out


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        ([1, 2, 3], "no row of patches ends in them, by the id 32"),
        ([1, 2, 32, 3, 32], "not equally long"),
        ([32], "not equally long"),
        ([1, 32, 32], "not equally long"),
    ],
)
def test_half_a_picture_is_an_error(folder: Path, ids: list[int], says: str) -> None:
    with pytest.raises(InputError, match=says):
        load(f"vq:{folder / 'codes1.npz'}").decode(ids)


def test_ids_of_the_wrong_level_and_of_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = load(f"vq:{folder / 'codes3.npz'}")
    with pytest.raises(InputError, match="not one id of each of the 3 levels"):
        tokenizer.decode([1, 2, 3, 96])
    with pytest.raises(UnknownId):
        tokenizer.decode([1, 33, 65, 97])
    with pytest.raises(UnknownId):
        tokenizer.decode([-1, 33, 65, 96])
    assert tokenizer.decode([]) == b""
    monkeypatch.setattr(codebooks, "PIXELS", 100)
    with pytest.raises(InputError, match="more than 100 pixels"):
        tokenizer.decode([*[1, 33, 65] * 7, 96])


def wrong(patch: int = 4, entries: float = 0.0) -> bytes:
    """Write a codebook of 4 x 4 pixels that says something else."""
    file = io.BytesIO()
    arrays = {"entries": np.full((1, 2, 48), entries, np.float32)}
    npz.save_model(file, FORMAT, {"patch": patch, "about": {}}, arrays)
    return file.getvalue()


def test_what_is_no_codebook(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "codes1.npz").read_bytes()
    for data in (b"", b"PK\3\4", whole[:-30], os.urandom(500), wrong(patch=5), wrong(entries=np.nan)):
        (tmp_path / "a.npz").write_bytes(data)
        with pytest.raises(BrokenTokenizer):
            load(f"vq:{tmp_path / 'a.npz'}")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "vq", "0.png"], "name the file to write: -o codes.npz"),
        (["train", "vq", "0.png", "text.md", "-o", "b.npz"], "so nothing was learned"),
        (["train", "vq", "missing.png", "-o", "b.npz"], "no such file"),
        (["train", "vq", "tiny.png", "-o", "b.npz"], "1 different patches are too few for 512 codes"),
        (["encode", "-x", "hi", "-t", "vq:codes1.npz"], "takes pictures, not text"),
        (["encode", "0.png", "-t", "gpt-4o"], "a picture, not text"),
        (["count", "-x", "hi", "-t", "vq:codes1.npz"], "it takes pictures, not text"),
        (["decode", "-x", "1 99", "-t", "vq:codes1.npz"], "99 is not an id of vq:codes1.npz"),
        (["vocab", "vq:codes1.npz"], "no vocabulary"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(folder: Path, arguments: list[str], says: str) -> None:
    (folder / "text.md").write_text("Hello\n")
    saved(Pixels(8, 8, bytes(192)), folder / "tiny.png")
    done = tokscope(*arguments, cwd=folder)
    assert done.code == 2 and says in done.err, done
    assert not (folder / "b.npz").exists()


def test_what_else_is_in_a_folder_is_left_out_and_said(tmp_path: Path) -> None:
    saved(picture(64, 64), tmp_path / "a.png")
    (tmp_path / "notes.md").write_text("Hello\n")
    done = tokscope("train", "vq", ".", "-o", "../codes.npz", "--codes", "8", cwd=tmp_path)
    assert done.code == 0 and "tokscope: 1 file that is not a picture is left out" in done.err
    assert "64 patches of 1 picture: " in done.err
    piped = tokscope(
        *("train", "vq", "-o", "-", "--codes", "8"), stdin=(tmp_path / "a.png").read_bytes(), cwd=tmp_path
    )
    assert piped.code == 0 and piped.out.startswith("PK")
