"""A phone's photo made ready to send: upright, of a useful size, without the place where it was taken."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

LONGEST = 1_600  # [px] longer side: a worn bearing is still visible, and the file stays below 2 MB
QUALITY = 85


def ready_to_send(content: bytes) -> bytes:
    """Return the photo as JPEG: upright, reduced, without its metadata (place, date, device).

    Raises:
        ValueError: no image that can be read; its text is the French sentence to show.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as read:
                picture = ImageOps.exif_transpose(read).convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError("Cette image ne se lit pas : choisissez une photo JPEG, PNG ou WebP.") from error
    picture.thumbnail((LONGEST, LONGEST))
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()
