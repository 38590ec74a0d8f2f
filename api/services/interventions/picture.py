"""A photo as the cockpit keeps it: upright, of a useful size, silent about where it was taken."""

from __future__ import annotations

import io
import threading
import warnings

from PIL import Image, ImageOps

from api.domain.interventions.photos import check_photo
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french

MEDIA_TYPE = "image/jpeg"
LONGEST = 1_600  # [px] longer side: a worn bearing is still visible, and the file stays below 2 MB
MAX_PIXELS = 50_000_000  # a telephone's largest; decoded, 150 MB
QUALITY = 85
_FORMATS = ("JPEG", "PNG", "WEBP")
# Decoding costs memory: one at a time.
_turn = threading.Lock()


def kept_photo(content: bytes) -> bytes:
    """Return the photo as JPEG, without its metadata (place, date, device).

    Raises:
        InvalidInput: empty, too large, or no image that can be read.
    """
    check_photo(content)
    try:
        with _turn, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
            return _rewritten(content)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidInput.single(
            "photo", "cette image ne se lit pas : envoyez une photo JPEG, PNG ou WebP."
        ) from error


def _rewritten(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as read:
        pixels = read.width * read.height
        if pixels > MAX_PIXELS:
            size = french.quantity(pixels / 1e6, "mégapixels", 0)
            raise InvalidInput.single("photo", f"image de {size}, 50 au plus : réduisez-la.")
        read.draft("RGB", (LONGEST, LONGEST))  # a JPEG is decoded at the size that is kept
        picture = ImageOps.exif_transpose(read).convert("RGB")
    picture.thumbnail((LONGEST, LONGEST))
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()
