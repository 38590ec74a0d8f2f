"""The files of a version: written through to the disk, compared with their checksums, read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from api.domain.shared.exceptions import ModelUnavailable
from api.inference.explaining.leaves import Leaves
from api.inference.serving.artefact import sha256_of
from api.inference.serving.loaded import Floats
from api.inference.serving.manifest import Manifest, StoredFile


def check_file(folder: Path, manifest: Manifest, stored: StoredFile) -> None:
    """Compare a file of a version with its checksum.

    Raises:
        ModelUnavailable: it is missing or altered.
    """
    path = folder / stored.file
    which = f"Modèle {manifest.name} version {manifest.version}"
    if not path.is_file():
        raise ModelUnavailable(f"{which} : le fichier {stored.file} est absent. Réimportez le modèle.")
    if sha256_of(path) != stored.sha256:
        raise ModelUnavailable(
            f"{which} : le fichier {stored.file} a été modifié (empreinte SHA-256 différente). "
            "Réimportez le modèle."
        )


def read_background(folder: Path, manifest: Manifest) -> Floats | None:
    """Return the (m, k) rows that explanations compare with, None where there are none."""
    if manifest.background is None:
        return None
    stored = json.loads((folder / manifest.background.file).read_text(encoding="utf-8"))
    return np.array(stored["rows"], dtype=np.float64)


def read_leaves(folder: Path, manifest: Manifest) -> Leaves | None:
    """Return the leaves of a plain sum of trees, None for any other model."""
    if manifest.leaves is None:
        return None
    return Leaves.from_bytes((folder / manifest.leaves.file).read_bytes())


def sync(folder: Path) -> None:
    """Write a folder's files through to the disk before the folder gets its final name."""
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Write a folder's own entries through to the disk."""
    if os.name == "nt":  # Windows opens no folder; its rename is journalled
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
