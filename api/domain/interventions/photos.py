"""The photos that may be kept: recognised by their first bytes, whatever the sender calls them."""

from __future__ import annotations

from api.domain.shared.exceptions import InvalidInput
from api.schemas import french

MAX_BYTES = 2 * 1024 * 1024
# First bytes of each format: JFIF/EXIF's start of image, PNG's signature, RIFF with its WEBP form.
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


def photo_type(content: bytes) -> str:
    """Return the media type of a photo.

    Raises:
        InvalidInput: empty, too large, or neither JPEG, PNG nor WebP.
    """
    if not content:
        raise InvalidInput.single("photo", "aucune image reçue : envoyez-la dans le corps de la requête.")
    if len(content) > MAX_BYTES:
        size = french.quantity(len(content) / 1024**2, "Mo", 1)
        raise InvalidInput.single("photo", f"image de {size}, 2 Mo au plus : réduisez-la.")
    if content.startswith(_JPEG):
        return "image/jpeg"
    if content.startswith(_PNG):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise InvalidInput.single("photo", "image JPEG, PNG ou WebP attendue ; ce fichier n’en est pas une.")
