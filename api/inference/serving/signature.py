"""The signature of a version: who can write the store's folder cannot make a version that serves.

The manifest holds the checksum of every file of its version, so its signature covers them all. The key is a
setting of the API and of the worker, and lies outside the store.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from api.domain.shared.exceptions import ModelUnavailable

SIGNATURE_FILE = "manifest.sig"


def sign(folder: Path, manifest: bytes, key: bytes) -> None:
    """Write the signature of a version's manifest beside it."""
    (folder / SIGNATURE_FILE).write_text(_signature(manifest, key) + "\n", encoding="ascii")


def check_signature(folder: Path, manifest: bytes, key: bytes) -> None:
    """Check the signature of a version.

    Raises:
        ModelUnavailable: it is missing, or another key or other content made it.
    """
    which = f"{folder.parent.name} version {folder.name}"
    try:
        signature = (folder / SIGNATURE_FILE).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelUnavailable(
            f"Le modèle {which} n’est pas signé : ce service ne l’a pas importé. Réimportez-le ; s’il l’a "
            f"été avant que le dépôt soit signé, « models sign {folder.parent.name} {folder.name} »."
        ) from error
    if not hmac.compare_digest(signature, _signature(manifest, key)):
        raise ModelUnavailable(
            f"La signature du modèle {which} ne correspond pas : il a été modifié, ou COCKPIT_STORE_KEY a "
            "changé. Remettez les fichiers d’origine ou réimportez le modèle."
        )


def _signature(manifest: bytes, key: bytes) -> str:
    return hmac.new(key, manifest, hashlib.sha256).hexdigest()
