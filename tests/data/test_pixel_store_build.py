import io
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimage.data import pixel_store_build
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.pixel_files import DIGESTS_FILE, HISTOGRAMS_FILE, PIXELS_FILE
from medimage.data.pixel_store import PixelStore
from medimage.data.pixel_store_build import BATCH_IMAGES
from medimage.data.unfinished_folder import unfinished_folders
from medimage.serving.color_mode import ColorMode
from medimage.serving.refusal import ImageRefusedError
from tests.support.images import encode, smooth, textured

IMAGES = 320
SIZE = 24


def table_of(encoded: Sequence[bytes]) -> ImageTable:
    records = [
        ImageRecord(name=f"{number:05d}", encoded=data, label="ab"[number % 2]) for number, data in enumerate(encoded)
    ]
    return ImageTable.write(records, classes=("a", "b"))


def many() -> ImageTable:
    """A table that is the same in every process."""
    return table_of([encode(textured(number)) for number in range(IMAGES)])


def ids_of(table: ImageTable) -> list[str]:
    """Ids in an order that is neither that of the table nor sorted."""
    return sorted(table.records["image_id"], key=lambda identity: identity[::-1])


def with_pillow(encoded: bytes, *, size: int, mode: str) -> np.ndarray:
    image = Image.open(io.BytesIO(encoded)).convert(mode).resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(image).reshape(size, size, -1)


def require_equal_to_pillow(store: PixelStore, table: ImageTable, *, mode: str) -> None:
    encoded = dict(table.encoded_images())
    expected = [with_pillow(encoded[identity], size=store.size, mode=mode) for identity in store.image_ids]
    np.testing.assert_array_equal(store.pixels, np.stack(expected))
    counts = [[np.bincount(image[:, :, c].ravel(), minlength=256) for c in range(store.channels)] for image in expected]
    np.testing.assert_array_equal(store.histograms, np.asarray(counts))


class CountingTable(ImageTable):
    """Remembers how many images were asked for."""

    def encoded_images(self, image_ids: Sequence[str] | None = None) -> Iterator[tuple[str, bytes]]:
        object.__setattr__(self, "asked_for", 0 if image_ids is None else len(image_ids))
        return super().encoded_images(image_ids)


def counting(table: ImageTable) -> CountingTable:
    return CountingTable(table.shards, table.classes, table.skipped_files, table.files_found)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


KILLED = """
import os, signal, sys
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from tests.data.test_pixel_store_build import SIZE, ids_of, many

class KillingTable(ImageTable):
    def encoded_images(self, image_ids=None):
        for number, image in enumerate(super().encoded_images(image_ids)):
            if number == int(sys.argv[1]):
                os.kill(os.getpid(), signal.SIGKILL)
            yield image

table = many()
table = KillingTable(table.shards, table.classes, table.skipped_files, table.files_found)
PixelStore.build(table, image_ids=ids_of(table), size=SIZE, color_mode="gray", threads=2, checkpoint_seconds=0)
"""


def kill_at(image: int) -> Path:
    """Kills a process when it reads one of the images; returns the folder that it left."""
    killed = subprocess.run([sys.executable, "-c", KILLED, str(image)], check=False, capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    (left,) = (path for path in unfinished_folders().iterdir() if path.is_dir())
    return left


def finish() -> tuple[PixelStore, int]:
    """Builds the store that was killed; returns it with the number of images that were prepared."""
    table = counting(many())
    store = PixelStore.build(table, image_ids=ids_of(table), size=SIZE, color_mode="gray")
    prepared = table.__dict__["asked_for"]
    require_equal_to_pillow(store, table, mode="L")
    assert list(store.image_ids) == ids_of(table)
    assert list(unfinished_folders().iterdir()) == []
    return store, prepared


@pytest.mark.usefixtures("home")
def test_a_killed_build_goes_on_where_it_was_and_gives_what_a_whole_one_gives() -> None:
    kill_at(IMAGES * 3 // 4)
    resumed, prepared = finish()
    assert prepared <= IMAGES // 2
    whole, prepared = finish()
    assert prepared == IMAGES
    assert resumed.content_hash == whole.content_hash


def test_what_was_damaged_after_a_kill_is_not_trusted(home: Path, tmp_path: Path) -> None:
    left = kill_at(IMAGES * 3 // 4)
    shutil.copytree(home, tmp_path / "killed")
    digests = np.load(left / DIGESTS_FILE)
    finished = np.flatnonzero(digests.any(axis=1))
    one, other, third = finished[:3].tolist()
    pixels, histograms = (np.load(left / name, mmap_mode="r+") for name in (PIXELS_FILE, HISTOGRAMS_FILE))
    pixels[one, 3, 3] ^= 1
    histograms[other, 0, 200] += 1
    digests[third, 31] ^= 1
    np.save(left / DIGESTS_FILE, digests)
    pixels.flush()
    histograms.flush()
    assert finish()[1] == IMAGES - len(finished) + 3
    damages = (lambda data: data[:40], lambda data: data[: len(data) // 2], lambda data: b"x" * len(data))
    for name, damage in zip((PIXELS_FILE, HISTOGRAMS_FILE, DIGESTS_FILE), damages, strict=True):
        shutil.copytree(tmp_path / "killed", home, dirs_exist_ok=True)
        (left / name).write_bytes(damage((left / name).read_bytes()))
        assert finish()[1] > IMAGES - len(finished)


HOLDING = """
import sys, time
from pathlib import Path
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from tests.data.test_pixel_store_build import SIZE, ids_of, many

class WaitingTable(ImageTable):
    def encoded_images(self, image_ids=None):
        print("holds", flush=True)
        sys.stdin.readline()
        yield from super().encoded_images(image_ids)

table = many()
table = WaitingTable(table.shards, table.classes, table.skipped_files, table.files_found)
store = PixelStore.build(table, image_ids=ids_of(table), size=SIZE, color_mode="gray")
print(store.content_hash, len(store.pixels))
"""


@pytest.mark.usefixtures("home")
def test_two_processes_build_the_same_store_at_once() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "holds\n"
        table = many()
        store = PixelStore.build(table, image_ids=ids_of(table), size=SIZE, color_mode="gray")
        assert len(list(unfinished_folders().iterdir())) == 2
        output, _ = other.communicate("go\n", timeout=60)
    require_equal_to_pillow(store, table, mode="L")
    assert output.split() == [store.content_hash, str(IMAGES)]
    assert list(unfinished_folders().iterdir()) == []


@pytest.mark.usefixtures("home")
def test_the_hash_depends_on_images_size_and_order_but_not_on_threads_and_storage() -> None:
    encoded = [encode(textured(number)) for number in range(40)]
    table, turned = table_of(encoded), table_of(encoded[::-1])
    ids = ids_of(table)

    def hash_of(table: ImageTable, ids: Sequence[str], **options: int) -> str:
        return PixelStore.build(table, image_ids=ids, color_mode="gray", **{"size": 20, **options}).content_hash

    expected = hash_of(table, ids, threads=1)
    assert hash_of(table, ids, threads=4, checkpoint_seconds=0) == expected
    assert hash_of(turned, [*ids, ids[0]]) == expected
    assert len({expected, hash_of(table, ids[1:]), hash_of(table, ids[::-1]), hash_of(table, ids, size=21)}) == 4


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("color_mode", "mode"), [("gray", "L"), ("rgb", "RGB")])
@pytest.mark.parametrize("size", [1, 17, 90])
def test_gray_and_colour_files_of_odd_sizes_equal_what_pillow_makes_of_them(
    color_mode: ColorMode, mode: str, size: int
) -> None:
    images = [smooth(31, 57), smooth(200, 16), textured(1), textured(2, size=129)]
    table = table_of([encode(pixels, kind) for pixels in images for kind in ("PNG", "JPEG")])
    store = PixelStore.build(table, image_ids=ids_of(table), size=size, color_mode=color_mode)
    assert store.channels == len(mode.replace("L", "1").replace("RGB", "123"))
    require_equal_to_pillow(store, table, mode=mode)


@pytest.mark.usefixtures("home")
def test_one_image_and_none() -> None:
    table = table_of([encode(textured(1))])
    require_equal_to_pillow(
        PixelStore.build(table, image_ids=ids_of(table), size=16, color_mode="gray"), table, mode="L"
    )
    empty = PixelStore.build(table, image_ids=[], size=16, color_mode="rgb")
    assert empty.pixels.shape == (0, 16, 16, 3)
    assert empty.histograms.shape == (0, 3, 256)


@pytest.mark.usefixtures("home")
def test_an_image_that_cannot_be_decoded_is_an_error_and_keeps_the_others() -> None:
    table = table_of([*(encode(textured(number)) for number in range(3 * BATCH_IMAGES)), b"no image"])
    with pytest.raises(ImageRefusedError):
        PixelStore.build(table, image_ids=ids_of(table), size=16, color_mode="gray", threads=1, checkpoint_seconds=0)
    (digests,) = unfinished_folders().glob(f"*/{DIGESTS_FILE}")
    assert np.load(digests).any(axis=1).sum() >= BATCH_IMAGES
    with pytest.raises(KeyError, match="1 others"):
        PixelStore.build(table, image_ids=["unknown"], size=16, color_mode="gray")


MEMORY = """
import re
from pathlib import Path
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from tests.support.images import encode, textured

data = encode(textured(1), "JPEG")
padded = (data + number.to_bytes(40_000) for number in range(1200))
records = (ImageRecord(name=f"{n:05d}", encoded=encoded, label="ab"[n % 2]) for n, encoded in enumerate(padded))
table = ImageTable.write(records, classes=("a", "b"))
ids = list(table.records["image_id"])
for part in (ids[:300], ids):
    PixelStore.build(table, image_ids=part, size=300, color_mode="gray", threads=2)
    print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")
@pytest.mark.usefixtures("home")
def test_memory_does_not_grow_with_the_number_of_images() -> None:
    finished = subprocess.run([sys.executable, "-c", MEMORY], check=True, capture_output=True)
    fewer, more = (int(kilobytes) / 1024 for kilobytes in finished.stdout.split())
    # 900 images more are 36 MB of files, 81 MB of pixels and 2 MB of histograms more.
    assert more < fewer + 20


def test_what_an_earlier_version_of_a_decoder_left_is_not_gone_on_with(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = table_of([encode(textured(1)), b"no image"])

    def left_by(version: str) -> str:
        pixel_store_build._code_version.cache_clear()
        monkeypatch.setattr(pixel_store_build, "decoder_versions", lambda: {"pillow": version})
        with pytest.raises(ImageRefusedError):
            PixelStore.build(table, image_ids=ids_of(table), size=16, color_mode="gray")
        (folder,) = (path.name for path in (home / "unfinished").iterdir() if path.is_dir())
        return folder

    first, again, later = left_by("12.0"), left_by("12.0"), left_by("12.1")
    pixel_store_build._code_version.cache_clear()
    assert first == again
    assert first.partition(".")[0] != later.partition(".")[0]
    assert first.partition(".")[2] == later.partition(".")[2]
