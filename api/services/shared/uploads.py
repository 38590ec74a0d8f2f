"""Files that wait to be taken in or sent, each in its own folder below ``COCKPIT_HOME/uploads``."""

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
    """A received file: the name of its folder (``token``), its path and its SHA-256 (hex)."""

    token: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class Uploads:
    """The folders of received files; API and worker share them, as they share ``COCKPIT_HOME``."""

    home: Path

    def keep(self, stream: BinaryIO, filename: str | None) -> Upload:
        """Copy a received file to the disk, under its sender's name for it."""
        token, path = self.place(safe_name(filename))
        return _copied(stream, token, path)

    def keep_with(self, token: str, role: str, stream: BinaryIO, filename: str | None) -> Upload:
        """Copy a received file into the folder of a group of files.

        Args:
            token: name of that folder, see :meth:`new`.
            role: sub-folder of this file: two files of the group may have the same name.
            stream: content of the file.
            filename: the sender's name for it.
        """
        path = self.path(token, role) / safe_name(filename)
        path.parent.mkdir(parents=True)
        return _copied(stream, token, path)

    def new(self) -> str:
        """Draw the name of a folder for a group of files."""
        return secrets.token_hex(16)

    def place(self, filename: str) -> tuple[str, Path]:
        """Make a folder for a file that is written here; return its name and the file's path."""
        token = self.new()
        path = self.path(token, filename)
        path.parent.mkdir(parents=True)
        return token, path

    def path(self, token: str, filename: str) -> Path:
        """Return the path of a received file."""
        return self.home / FOLDER / token / filename

    def drop(self, token: str) -> None:
        """Delete the folder of a file that was taken in or refused."""
        shutil.rmtree(self.home / FOLDER / token, ignore_errors=True)

    def forget_abandoned(self, awaited: Collection[str]) -> None:
        """Delete folders older than a day, which a killed process left behind.

        Args:
            awaited: folders that a job still needs.
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
    """Return the last part of a sender's file name, made fit for every file system; the ending is kept."""
    last = re.split(r"[/\\]", filename or "")[-1]
    plain = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in last).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if len(ending) > _LONGEST_ENDING or not dot:
        return plain[:_LONGEST_NAME] or NAMELESS
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"
