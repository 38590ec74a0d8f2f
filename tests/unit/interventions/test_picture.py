"""Photos of phones are kept upright, small, and silent about where they were taken."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from api.domain.interventions.photos import MAX_BYTES
from api.domain.shared.exceptions import InvalidInput
from api.services.interventions.picture import LONGEST, kept_photo

CAMERA, ORIENTATION, GPS = 0x0110, 0x0112, 0x8825


def taken(width: int, height: int, *, orientation: int = 1) -> bytes:
    """A noisy photo, the dearest to compress, with a place in its metadata; its top left corner is red."""
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    pixels[: height // 4, : width // 4] = (255, 0, 0)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS)[1] = "N"
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "JPEG", quality=95, exif=exif)
    return written.getvalue()


@pytest.mark.slow
def test_phone_photo__is_reduced_and_loses_its_place() -> None:
    sent = taken(3_000, 2_250)
    assert 2 * 1024 * 1024 < len(sent) <= MAX_BYTES
    kept = kept_photo(sent)
    assert len(kept) <= 2 * 1024 * 1024
    with Image.open(io.BytesIO(kept)) as read:
        assert read.format == "JPEG"
        assert read.size == (LONGEST, LONGEST * 3 // 4)
        assert not read.getexif()


def test_turned_photo__stands_upright() -> None:
    # 6: the camera was turned a quarter to the right; its top left corner belongs at the top right.
    with Image.open(io.BytesIO(kept_photo(taken(400, 300, orientation=6)))) as read:
        assert read.size == (300, 400)
        red, green, _ = read.getpixel((280, 20))  # type: ignore[misc]
    assert (red > 200, green < 60) == (True, True)


def test_transparent_png__is_taken() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(written, "PNG")
    with Image.open(io.BytesIO(kept_photo(written.getvalue()))) as read:
        assert (read.format, read.size) == ("JPEG", (30, 20))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_formats__lose_their_place_too(kind: str) -> None:
    exif = Image.Exif()
    exif[CAMERA] = "appareil de Lea"
    written = io.BytesIO()
    Image.new("RGB", (30, 20)).save(written, kind, exif=exif)
    assert b"appareil de Lea" in written.getvalue()
    with Image.open(io.BytesIO(kept_photo(written.getvalue()))) as read:
        assert not read.getexif()


def test_bomb__is_refused_before_it_is_decoded() -> None:
    written = io.BytesIO()
    Image.new("1", (12_000, 6_000)).save(written, "PNG")
    with pytest.raises(InvalidInput, match=r"72\smégapixels, 50 au plus"):
        kept_photo(written.getvalue())


@pytest.mark.parametrize("content", [b"pas une image", b"\xff\xd8\xff" + bytes(64), taken(80, 60)[:700]])
def test_unreadable__is_refused_with_the_remedy(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="JPEG, PNG ou WebP"):
        kept_photo(content)
