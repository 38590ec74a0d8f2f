"""Files on their way in or out: each in a folder of its own below ``COCKPIT_HOME/uploads``, for a while."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

FOLDER = "uploads"
ABANDONED_S = 86_400.0
NAMELESS = "mesures.csv"
_BLOCK = 1 << 20
_LONGEST_NAME = 120  # with two bytes a character still below the 255 bytes of most file systems
_LONGEST_ENDING = 12
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Upload:
    """One file that was received: its folder's name, its path and its SHA-256 (hex)."""

    token: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class Uploads:
    """Where received files wait; API and worker share it, as they share ``COCKPIT_HOME``."""

    home: Path

    def keep(self, stream: BinaryIO, filename: str | None) -> Upload:
        """Copy what was received to the disk, under the name that its sender gave it."""
        token, path = self.place(safe_name(filename))
        return _copied(stream, token, path)

    def keep_with(self, token: str, role: str, stream: BinaryIO, filename: str | None) -> Upload:
        """The same, in the folder of files that belong together.

        Args:
            token: of that folder, see :meth:`new`.
            role: what the file is among them: its own sub-folder, for two may bear the same name.
            stream: its content.
            filename: that its sender gave it.
        """
        path = self.path(token, role) / safe_name(filename)
        path.parent.mkdir(parents=True)
        return _copied(stream, token, path)

    def new(self) -> str:
        """The name of a folder for files that belong together."""
        return secrets.token_hex(16)

    def place(self, filename: str) -> tuple[str, Path]:
        """A new folder's name, and a path in it, for a file that is made here."""
        token = self.new()
        path = self.path(token, filename)
        path.parent.mkdir(parents=True)
        return token, path

    def path(self, token: str, filename: str) -> Path:
        """Where a received file stands."""
        return self.home / FOLDER / token / filename

    def drop(self, token: str) -> None:
        """Forget a file that was taken in or refused."""
        shutil.rmtree(self.home / FOLDER / token, ignore_errors=True)

    def forget_abandoned(self, awaited: Collection[str]) -> None:
        """Remove what processes that were killed have left for more than a day.

        Args:
            awaited: folders of the files that a job still needs.
        """
        folder = self.home / FOLDER
        for left in folder.iterdir() if folder.is_dir() else ():
            if not _TOKEN.fullmatch(left.name) or left.name in awaited:
                continue
            with suppress(FileNotFoundError):  # another worker removes it at this instant
                if time.time() - left.stat().st_mtime > ABANDONED_S:
                    shutil.rmtree(left, ignore_errors=True)


def _copied(stream: BinaryIO, token: str, path: Path) -> Upload:
    digest = hashlib.sha256()
    with path.open("wb") as file:
        while block := stream.read(_BLOCK):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return Upload(token, path, digest.hexdigest())


def safe_name(filename: str | None) -> str:
    """The last part of a sender's file name, fit for every file system; its ending tells the format."""
    last = re.split(r"[/\\]", filename or "")[-1]
    plain = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in last).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if len(ending) > _LONGEST_ENDING or not dot:
        return plain[:_LONGEST_NAME] or NAMELESS
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"
