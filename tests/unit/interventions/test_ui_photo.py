"""Photos of phones: upright, small enough for the API, and silent about where they were taken."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from api.domain.interventions.photos import MAX_BYTES, photo_type
from ui.interventions.photo import LONGEST, ready_to_send

ORIENTATION, GPS = 0x0112, 0x8825


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
def test_phone_photo__fits_the_api_without_its_place() -> None:
    sent = ready_to_send(taken(4_000, 3_000))
    assert len(sent) <= MAX_BYTES
    assert photo_type(sent) == "image/jpeg"
    with Image.open(io.BytesIO(sent)) as read:
        assert read.size == (LONGEST, LONGEST * 3 // 4)
        assert not read.getexif()


def test_turned_photo__stands_upright() -> None:
    # 6: the camera was turned a quarter to the right; its top left corner belongs at the top right.
    with Image.open(io.BytesIO(ready_to_send(taken(400, 300, orientation=6)))) as read:
        assert read.size == (300, 400)
        red, green, _ = read.getpixel((280, 20))  # type: ignore[misc]
    assert (red > 200, green < 60) == (True, True)


def test_transparent_png__is_taken() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(written, "PNG")
    assert photo_type(ready_to_send(written.getvalue())) == "image/jpeg"


@pytest.mark.parametrize("content", [b"", b"pas une image", taken(80, 60)[:700]])
def test_unreadable__is_refused_with_the_remedy(content: bytes) -> None:
    with pytest.raises(ValueError, match="JPEG, PNG ou WebP"):
        ready_to_send(content)
