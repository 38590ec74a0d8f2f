"""Versions on disk: ``<name>/<version>/manifest.json`` beside the artefact and its companions.

Reference models come with the product and are never written to; imported ones live in ``COCKPIT_HOME``. A
version appears whole, by a rename, or not at all, and never changes afterwards.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version as installed_version
from pathlib import Path

from pydantic import ValidationError

from api.domain.models.threshold_costs import Scores
from api.domain.shared.exceptions import ModelUnavailable, NotFound
from api.inference.serving.artefact import sha256_of
from api.inference.serving.companions import check_file, read_background, read_leaves, sync, sync_folder
from api.inference.serving.loaded import LoadedModel
from api.inference.serving.manifest import MANIFEST_FILE, NAME_PATTERN, Manifest, StoredFile
from api.inference.serving.runtimes import output_of
from api.inference.serving.scores import read_scores
from api.inference.serving.signature import check_signature, sign

logger = logging.getLogger(__name__)

LIBRARY = "scikit-learn"
_STAGING = ".import-"
_ABANDONED_S = 86_400.0


class ModelStore:
    """The models that may be served.

    Args:
        reference_dir: models that come with the product, read only.
        imported_dir: models that people bring; made on first publication.
        key: signs what is published there, and what is read must bear its signature; None in a demonstration
            without one.
    """

    def __init__(self, reference_dir: Path, imported_dir: Path, key: bytes | None = None) -> None:
        self._reference_dir = reference_dir
        self._imported_dir = imported_dir
        self._key = key
        self._manifests: dict[Path, Manifest] = {}
        self._unseen: dict[Path, frozenset[str]] = {}

    def manifests(self) -> list[Manifest]:
        """Return every readable version, by name then version; a damaged one is logged and left out."""
        manifests = []
        for folder in self._folders():
            try:
                manifests.append(self._read(folder))
            except ModelUnavailable as error:
                logger.warning(
                    "model version left out", extra={"folder": folder.name, "reason": error.detail}
                )
        return sorted(manifests, key=lambda manifest: (manifest.name, manifest.version))

    def manifest(self, name: str, version: int) -> Manifest:
        """Return the manifest of one version.

        Raises:
            NotFound: no such version.
            ModelUnavailable: its manifest is damaged.
        """
        return self._read(self.folder(name, version))

    def fingerprint(self, name: str, version: int) -> str:
        """Return the SHA-256 (hex) of a version's manifest, and so of all its files, as it is on disk now.

        Raises:
            NotFound: no such version.
        """
        return sha256_of(self.folder(name, version) / MANIFEST_FILE)

    def forget(self, name: str, version: int) -> None:
        """Forget what was read of a version: the next look reads its files again."""
        for root in (self._imported_dir, self._reference_dir):
            self._manifests.pop(root / name / str(version), None)

    def sign(self, name: str, version: int) -> None:
        """Sign a version that was imported before the store had a key.

        Raises:
            NotFound: no such version.
            ModelUnavailable: the store has no key, or a file of the version was altered.
        """
        folder = self.folder(name, version)
        if self._key is None:
            raise ModelUnavailable("Le dépôt n’a pas de clé : donnez COCKPIT_STORE_KEY.")
        content = (folder / MANIFEST_FILE).read_bytes()
        self._check(folder, _parsed(folder, content))
        sign(folder, content, self._key)

    def problem(self, name: str, version: int) -> str | None:
        """Say in French why a version cannot serve; None where its files and its library are in order."""
        try:
            folder = self.folder(name, version)
            self._check(folder, self._read(folder))
        except (NotFound, ModelUnavailable) as error:
            return error.detail
        return None

    def load(self, name: str, version: int) -> LoadedModel:
        """Return the model in memory, after a check of its files against their SHA-256.

        Raises:
            NotFound: no such version.
            ModelUnavailable: a file is missing or altered, or another scikit-learn is installed.
        """
        folder = self.folder(name, version)
        manifest = self._read(folder)
        self._check(folder, manifest)
        output = output_of(folder, manifest)
        return LoadedModel(manifest, output, read_background(folder, manifest), read_leaves(folder, manifest))

    def next_version(self, name: str) -> int:
        """Return one more than the highest version of that name, in both folders."""
        return 1 + max((int(f.name) for f in self._folders() if f.parent.name == name), default=0)

    def unseen_identities(self, name: str, version: int) -> frozenset[str] | None:
        """Return the identities of the rows that the version has not seen, None where nobody knows.

        Raises:
            NotFound: no such version.
            ModelUnavailable: the file is missing or altered.
        """
        folder = self.folder(name, version)
        manifest = self._read(folder)
        if manifest.unseen is None:
            return None
        if folder not in self._unseen:
            check_file(folder, manifest, manifest.unseen)
            text = (folder / manifest.unseen.file).read_text(encoding="ascii")
            self._unseen[folder] = frozenset(json.loads(text))
        return self._unseen[folder]

    def scores(self, name: str, version: int) -> Scores | None:
        """Return the probability and the outcome of each unseen row of a classifier; None if not kept.

        Raises:
            NotFound: no such version.
            ModelUnavailable: the file is missing or altered.
        """
        folder = self.folder(name, version)
        manifest = self._read(folder)
        if manifest.scores is not None:
            check_file(folder, manifest, manifest.scores)
        return read_scores(folder, manifest)

    def same_artefact(self, name: str, sha256: str) -> Manifest | None:
        """Return the version of that name that already holds this artefact."""
        return next((m for m in self.manifests() if m.name == name and m.sha256 == sha256), None)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Make a private folder on the store's file system, removed at the end whatever happens."""
        self._imported_dir.mkdir(parents=True, exist_ok=True)
        self._forget_interrupted()
        folder = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self._imported_dir))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _forget_interrupted(self) -> None:
        """Remove the folders of imports killed more than a day ago; a live import takes minutes."""
        for folder in self._imported_dir.glob(f"{_STAGING}*"):
            with suppress(FileNotFoundError):  # its own import ends at this instant
                if time.time() - folder.stat().st_mtime > _ABANDONED_S:
                    shutil.rmtree(folder, ignore_errors=True)

    def add(self, folder: Path, manifest: Manifest) -> Manifest:
        """Publish a folder made in :meth:`staging`, whole or not at all.

        Args:
            folder: holds everything but the manifest; it is moved.
            manifest: its version is replaced by the next free one.

        Returns:
            The manifest as published.
        """
        parent = self._imported_dir / manifest.name
        parent.mkdir(parents=True, exist_ok=True)
        while True:
            published = manifest.model_copy(update={"version": self.next_version(manifest.name)})
            content = published.to_json().encode()
            (folder / MANIFEST_FILE).write_bytes(content)
            if self._key is not None:
                sign(folder, content, self._key)
            sync(folder)
            try:
                folder.rename(parent / str(published.version))
            except OSError:
                # Another import took that number between the look and the move.
                if self.next_version(manifest.name) > published.version:
                    continue
                raise
            sync_folder(parent)
            return published

    def _folders(self) -> Iterator[Path]:
        for root in dict.fromkeys((self._reference_dir, self._imported_dir)):
            # Folders of imports under way come and go beside the names: they are never looked into.
            names = [path for path in _entries(root) if re.fullmatch(NAME_PATTERN, path.name)]
            for folder in (version for name in names for version in _entries(name)):
                if folder.name.isdecimal() and (folder / MANIFEST_FILE).is_file():
                    yield folder

    def folder(self, name: str, version: int) -> Path:
        """Return the folder of one version, for reading only.

        Raises:
            NotFound: no such version.
        """
        # The name comes from requests: only a valid name is ever joined to a path.
        if re.fullmatch(NAME_PATTERN, name):
            for root in (self._imported_dir, self._reference_dir):
                folder = root / name / str(version)
                if (folder / MANIFEST_FILE).is_file():
                    return folder
        raise NotFound("Modèle", f"{name} version {version}", "La liste est donnée par « models list ».")

    def is_reference(self, name: str, version: int) -> bool:
        """Tell whether a version came with the product, fitted on the simulated park.

        Raises:
            NotFound: no such version.
        """
        return self.folder(name, version).is_relative_to(self._reference_dir)

    def references(self) -> frozenset[tuple[str, int]]:
        """Return name and version of the models that came with the product."""
        folders = (folder for folder in self._folders() if folder.is_relative_to(self._reference_dir))
        return frozenset((folder.parent.name, int(folder.name)) for folder in folders)

    def _read(self, folder: Path) -> Manifest:
        if folder not in self._manifests:
            try:
                content = (folder / MANIFEST_FILE).read_bytes()
            except OSError as error:
                raise _unreadable(folder) from error
            # Reference models come with the code, and are trusted as it is.
            if self._key is not None and folder.is_relative_to(self._imported_dir):
                check_signature(folder, content, self._key)
            self._manifests[folder] = _parsed(folder, content)
        return self._manifests[folder]

    def _check(self, folder: Path, manifest: Manifest) -> None:
        artefact = StoredFile(file=manifest.artefact, sha256=manifest.sha256)
        for stored in filter(
            None,
            (
                artefact,
                manifest.runtime.compiled,
                manifest.background,
                manifest.unseen,
                manifest.leaves,
                manifest.scores,
            ),
        ):
            check_file(folder, manifest, stored)
        written, installed = manifest.libraries.get(LIBRARY), installed_version(LIBRARY)
        # An ONNX file carries the versions of its operators; no library has to be the same.
        if not manifest.served_as_it_came and written != installed:
            raise ModelUnavailable(
                f"Le modèle {manifest.name} version {manifest.version} a été validé avec {LIBRARY} "
                f"{written} ; la version installée est {installed}. Installez {written} ou réimportez-le."
            )


def _parsed(folder: Path, content: bytes) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        raise _unreadable(folder) from error
    if (manifest.name, str(manifest.version)) != (folder.parent.name, folder.name):
        raise ModelUnavailable(
            f"Le manifeste de {folder.parent.name}/{folder.name} est celui d’une autre version."
        )
    return manifest


def _unreadable(folder: Path) -> ModelUnavailable:
    return ModelUnavailable(
        f"Le manifeste du modèle {folder.parent.name} version {folder.name} est illisible."
    )


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
