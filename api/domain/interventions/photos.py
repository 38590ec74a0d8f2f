"""The photos that may be kept: recognised by their first bytes, whatever the sender calls them."""

from __future__ import annotations

from api.domain.shared.exceptions import InvalidInput
from api.schemas import french

MAX_BYTES = 10 * 1024 * 1024
# First bytes of each format: JFIF/EXIF's start of image, PNG's signature, RIFF with its WEBP form.
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


def check_photo(content: bytes) -> None:
    """Let a photo pass.

    Raises:
        InvalidInput: empty, too large, or neither JPEG, PNG nor WebP.
    """
    if not content:
        raise InvalidInput.single("photo", "aucune image reçue : envoyez-la dans le corps de la requête.")
    if len(content) > MAX_BYTES:
        size = french.quantity(len(content) / 1024**2, "Mo", 1)
        raise InvalidInput.single("photo", f"image de {size}, 10 Mo au plus : réduisez-la.")
    if not (content.startswith((_JPEG, _PNG)) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")):
        raise InvalidInput.single("photo", "image JPEG, PNG ou WebP attendue ; ce fichier n’en est pas une.")
