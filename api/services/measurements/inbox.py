"""The inbox: files put into ``COCKPIT_HOME/inbox`` are ingested, then moved beside their report.

A lease lets one worker at a time look into it. A file is ingested once it has stopped growing, and moved
afterwards. A worker killed in between does no harm: the same file ingested twice changes nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from api.domain.measurements.remedies import BY_INBOX, with_remedy
from api.domain.measurements.sensors import SensorCatalogue
from api.domain.shared.exceptions import CockpitError, FieldError, InvalidInput
from api.services.measurements.import_history import ImportHistory
from api.services.measurements.import_report import report_csv
from api.services.measurements.ingest import ingest_file
from api.services.measurements.refusals import record_refusal
from api.storage.shared import leases
from api.storage.shared.database import Database
from api.storage.shared.jobs import LEASE

FOLDER, DONE, REFUSED = "inbox", "traites", "rejets"
REPORT = ".rapport.csv"
LOOK_EVERY_S = 10.0
SETTLE_S = 2.0
EMPTY_SETTLE_S = 60.0  # some programs create a file long before they write to it
BY = "dossier de dépôt"
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", ".partial", REPORT)
_HIDDEN = (".", "~$")
_UNEXPECTED = FieldError("", "erreur inattendue ; son détail est dans le journal du calculateur.")
log = logging.getLogger(__name__)


class _Signature(NamedTuple):
    size: int
    changed_ns: int


@dataclass
class Inbox:
    """Looks into the inbox of one installation.

    Args:
        database: receives the rows; holds the lease.
        sensors: gives every known sensor.
        home: ``COCKPIT_HOME``.
        now: the clock.
        worker: name of this worker, unique among the living ones.
        clock: monotonic clock [s].
        wait: waits some seconds; returns early, with True, if the worker must stop.
    """

    database: Database
    sensors: SensorCatalogue
    home: Path
    now: Callable[[], datetime]
    worker: str
    wait: Callable[[float], bool]
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[_Signature, float]] = field(default_factory=dict)
    _stuck: dict[str, _Signature] = field(default_factory=dict)
    _looked: float | None = None

    @property
    def folder(self) -> Path:
        """The folder into which people put files."""
        return self.home / FOLDER

    def look_now_and_then(self) -> int:
        """Look if the last look was more than 10 s ago; return how many files were moved."""
        if self._looked is not None and self.clock() - self._looked < LOOK_EVERY_S:
            return 0
        return self.look()

    def look_before_run(self) -> int:
        """Look now, and once more after a short wait if a file has just arrived."""
        dealt = self.look()
        if self._seen and not self.wait(SETTLE_S):
            dealt += self.look()
        return dealt

    def look(self) -> int:
        """Ingest and move the files that have stopped growing; return how many were moved."""
        self._looked = self.clock()
        settled = self._settled()
        if not settled:
            return 0
        with self._held() as mine:
            return sum(self._deal_with(path, signature) for path, signature in settled) if mine else 0

    @contextmanager
    def _held(self) -> Iterator[bool]:
        with self.database.write() as connection:
            mine = leases.take(connection, FOLDER, self.worker, datetime.now(UTC), LEASE)
        try:
            yield mine
        finally:
            if mine:
                with self.database.write() as connection:
                    leases.release(connection, FOLDER, self.worker)

    def _settled(self) -> list[tuple[Path, _Signature]]:
        """Return the files unchanged for two seconds or more (60 for empty ones), the oldest first."""
        present, settled = {}, []
        for path in waiting(self.folder):
            signature = _signature(path)
            if signature is None or self._stuck.get(path.name) == signature:
                continue
            since = self.clock()
            earlier = self._seen.get(path.name)
            if earlier is not None and earlier[0] == signature:
                since = earlier[1]
                if self.clock() - since >= (SETTLE_S if signature.size else EMPTY_SETTLE_S):
                    settled.append((path, signature))
            present[path.name] = (signature, since)
        self._seen = present
        return sorted(settled, key=lambda entry: (entry[1].changed_ns, entry[0].name))

    def _deal_with(self, path: Path, signature: _Signature) -> bool:
        """Ingest one file and move it; False if it stays for a later look."""
        if _signature(path) != signature:
            return False
        try:
            report, verdict = self._ingest(path)
        except InvalidInput as refused:
            if _signature(path) != signature:
                return False  # somebody is still writing it
            report, verdict = self._refusal(path, with_remedy(refused, BY_INBOX).errors), REFUSED
        except CockpitError as error:
            log.warning("inbox file left for later", extra={"file": path.name, "reason": error.detail})
            return False
        except Exception:
            # A file that breaks the reader must neither stop the worker nor be tried at every look.
            log.exception("inbox file failed", extra={"file": path.name})
            report, verdict = self._refusal(path, [_UNEXPECTED]), REFUSED
        if self._move(path, self.folder / verdict, report):
            return True
        # Ingesting it again at every look would fill the list of imports.
        self._stuck[path.name] = signature
        return False

    def _ingest(self, path: Path) -> tuple[str, str]:
        """Ingest a file; return its report, and its folder: of refusals where nothing was taken."""
        report = ingest_file(
            self.database,
            path,
            self.sensors(),
            source="mesure",
            imported_by=BY,
            now=self.now(),
        )
        log.info("inbox file ingested", extra={"file": path.name, "import_id": report.import_id})
        verdict = REFUSED if report.nothing_taken else DONE
        return ImportHistory(self.database).report_file(report.import_id), verdict

    def _refusal(self, path: Path, errors: Sequence[FieldError]) -> str:
        """Keep the refusal of a whole file, and write its report."""
        report = record_refusal(self.database, path.name, errors, by=BY, now=self.now())
        return report_csv(report)

    def _move(self, path: Path, folder: Path, report_text: str) -> bool:
        try:
            folder.mkdir(exist_ok=True)
            target = _free(folder, path.name)
            report = target.with_name(target.name + REPORT)
            # The report first: a moved file always has one.
            report.write_text(report_text, encoding="utf-8", newline="")
            path.replace(target)
        except OSError as error:
            log.warning("inbox file not moved", extra={"file": path.name, "reason": str(error)})
            return False
        self._seen.pop(path.name, None)
        return True


def waiting(folder: Path) -> list[Path]:
    """List the files of an inbox, without hidden or unfinished ones, folders and links."""
    if not folder.is_dir():
        return []
    return [
        path
        for path in folder.iterdir()
        if not path.name.startswith(_HIDDEN)
        and not path.name.casefold().endswith(_UNFINISHED)
        and path.is_file()
        and not path.is_symlink()
    ]


def _signature(path: Path) -> _Signature | None:
    try:
        status = path.stat()
    except FileNotFoundError:  # removed meanwhile
        return None
    return _Signature(status.st_size, status.st_mtime_ns)


def _free(folder: Path, name: str) -> Path:
    """Return a free path in ``folder``: the name itself, else the name with a number."""
    stem, dot, endings = name.partition(".")
    number = 1
    target = folder / name
    while target.exists():
        number += 1
        target = folder / f"{stem}-{number}{dot}{endings}"
    return target
