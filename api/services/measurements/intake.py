"""Measurements sent to the API: a few rows are ingested at once, many by a job of the worker."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Row

from api.domain.measurements.mapping.draft import NOTE
from api.domain.measurements.sensors import SensorCatalogue
from api.domain.shared.exceptions import CockpitError, FieldError, InvalidInput, NotFound
from api.schemas import french
from api.schemas.measurements import ImportJob, ImportPreview, ImportReport, MapDraft
from api.services.measurements.draft_map import draft_map, draft_text
from api.services.measurements.files.json_rows import read_rows
from api.services.measurements.files.map_file import parse_map
from api.services.measurements.files.options import ImportOptions
from api.services.measurements.import_history import ImportHistory
from api.services.measurements.ingest import Progress, ingest_file
from api.services.measurements.preview import preview_file
from api.services.measurements.refusals import record_refusal
from api.services.shared.once import Once, Sender
from api.services.shared.uploads import Upload, Uploads
from api.storage.shared import jobs, request_keys
from api.storage.shared.database import Database
from api.storage.shared.request_keys import Held, Key

KIND = "import"
ROWS_AT_ONCE = 5_000
PACKED_BYTES_AT_ONCE = 100_000  # for formats whose rows cannot be counted without parsing
JSON_NAME = "envoi.json"
_COUNTED = frozenset({".csv", ".txt", ".tsv"})
_YES, _NO = frozenset({"true", "1", "on", "oui"}), frozenset({"false", "0", "off", "non"})
# JSON has a fixed contract: nothing to detect.
_JSON = {"date_format": "AAAA-MM-JJ", "sent_as_json": "true"}
_BLOCK = 1 << 20
Options = Mapping[str, str]


@dataclass(frozen=True)
class MeasurementIntake:
    """Takes measurements in, and reports what became of them."""

    database: Database
    sensors: SensorCatalogue
    uploads: Uploads
    once: Once
    now: Callable[[], datetime]

    def receive_file(
        self, stream: BinaryIO, filename: str | None, options: Options, sender: Sender
    ) -> ImportReport | ImportJob:
        """Take a file in; return its report, or the job that will ingest a large file.

        Raises:
            InvalidInput: the file as a whole cannot be taken.
            Conflict: the key was used for another body, or the first request with it is under way.
        """
        key = sender.claimed()
        upload = self.uploads.keep(stream, filename)
        digest = hashlib.sha256(upload.sha256.encode() + _canonical(options))
        few = _few(upload.path)
        return self._receive(upload, options, sender.name, key, digest.hexdigest(), few=few)

    def receive_rows(self, body: bytes, options: Options, sender: Sender) -> ImportReport | ImportJob:
        """Take ``{"measurements": […]}`` in; the report counts the first measurement as line 2.

        Raises:
            InvalidInput: the body does not follow the contract.
            Conflict: the key was used for another body, or the first request with it is under way.
        """
        key = sender.claimed()
        few = len(read_rows(body)) <= ROWS_AT_ONCE
        upload = self.uploads.keep(io.BytesIO(body), JSON_NAME)
        digest = hashlib.sha256(hashlib.sha256(body).digest() + _canonical(options))
        return self._receive(upload, {**options, **_JSON}, sender.name, key, digest.hexdigest(), few=few)

    def preview(self, stream: BinaryIO, filename: str | None, options: Options) -> ImportPreview:
        """Return what taking this file in would do; nothing is written.

        Raises:
            InvalidInput: the file as a whole cannot be taken.
        """
        upload = self.uploads.keep(stream, filename)
        try:
            chosen, sensors = read_options(options), self.sensors()
            return preview_file(self.database, upload.path, sensors, now=self.now(), options=chosen)
        finally:
            self.uploads.drop(upload.token)

    def draft_map(self, stream: BinaryIO, filename: str | None) -> MapDraft:
        """Return a mapping proposed for this file; nothing is written.

        Raises:
            InvalidInput: the file cannot be read.
        """
        upload = self.uploads.keep(stream, filename)
        try:
            document = draft_map(upload.path, self.sensors())
        finally:
            self.uploads.drop(upload.token)
        return MapDraft(text=draft_text(document), notes=document[NOTE])

    def _receive(
        self, upload: Upload, options: Options, sender: str, key: Key | None, sha256: str, *, few: bool
    ) -> ImportReport | ImportJob:
        queued = False
        try:
            if key is not None and (held := self.once.take(key, sha256)) is not None:
                return self._answer_again(held)
            try:
                if not few:
                    queued, job_id = True, self._queue(upload, options, sender, key)
                    return self.job(job_id)
                report = self._ingest(upload.path, options, sender, None)
            except CockpitError:
                if key is not None:
                    self.once.free(key)
                raise
            if key is not None:
                with self.database.write() as connection:
                    request_keys.settle(connection, key, answer=report.model_dump(mode="json"))
            return report
        finally:
            if not queued:
                self.uploads.drop(upload.token)

    def _answer_again(self, held: Held) -> ImportReport | ImportJob:
        return self.job(held.job) if held.job is not None else ImportReport(**(held.answer or {}))

    def _queue(self, upload: Upload, options: Options, sender: str, key: Key | None) -> int:
        payload = {"upload": upload.token, "filename": upload.path.name, "options": dict(options)}
        with self.database.write() as connection:
            job_id = jobs.add(connection, kind=KIND, payload=payload, by=sender, now=self.now())
            if key is not None:
                request_keys.settle(connection, key, job=job_id)
        return job_id

    def carry_out(self, job: Row[Any]) -> dict[str, Any]:
        """Do a queued import, in the worker; doing it again from the start stores nothing twice.

        Returns:
            The job's result: the import's number.

        Raises:
            InvalidInput: the file as a whole cannot be taken.
        """

        def progress(done: int, total: int) -> None:
            with self.database.write() as connection:
                jobs.progress(connection, job.id, done, total)

        path = self.uploads.path(job.payload["upload"], job.payload["filename"])
        report = self._ingest(path, job.payload["options"], job.requested_by, progress)
        return {"import_id": report.import_id}

    def _ingest(self, path: Path, options: Options, sender: str, progress: Progress | None) -> ImportReport:
        try:
            report = ingest_file(
                self.database,
                path,
                self.sensors(),
                source="mesure",
                imported_by=sender,
                now=self.now(),
                progress=progress,
                options=read_options(options),
            )
        except InvalidInput as refused:
            if progress is not None:  # nobody waits for the answer of a job
                record_refusal(self.database, path.name, refused.errors, by=sender, now=self.now())
            raise
        if report.nothing_taken:
            raise _nothing_taken(report)
        return report

    def forget(self, job: Row[Any]) -> None:
        """Delete the file of a job that ended."""
        self.uploads.drop(job.payload["upload"])

    def forget_abandoned(self) -> None:
        """Delete received files that no job needs any more."""
        with self.database.read() as connection:
            awaited = [
                job.payload["upload"]
                for kind in (KIND, jobs.MODEL_IMPORT)
                for job in jobs.under_way(connection, kind)
            ]
        self.uploads.forget_abandoned(awaited)

    def job(self, job_id: int) -> ImportJob:
        """Return the progress of a queued import.

        Raises:
            NotFound: no such import.
        """
        with self.database.read() as connection:
            row = jobs.get(connection, job_id)
            if row is None or row.kind != KIND:
                raise NotFound("Import en cours", job_id)
            import_id = (row.result or {}).get("import_id")
        return ImportJob(
            job_id=row.id,
            filename=row.payload["filename"],
            status=row.status,
            done=row.done,
            total=row.total,
            requested_by=row.requested_by,
            created_at=row.created_at,
            finished_at=row.finished_at,
            import_id=import_id,
            report=None if import_id is None else ImportHistory(self.database).report(import_id),
            error=row.error,
        )


def read_options(options: Options) -> ImportOptions:
    """Turn the options of a request into those of ingestion.

    Raises:
        InvalidInput: a value that is not understood.
    """
    confirmed = options.get("confirmed", "false").strip().casefold()
    if confirmed not in _YES | _NO:
        raise InvalidInput.single("confirmed", "« true » ou « false » est attendu.", confirmed)
    text = options.get("map")
    return ImportOptions(
        map=None if text is None else parse_map(text, options.get("map_name", "")),
        date_format=options.get("date_format"),
        confirmed=confirmed in _YES,
        sent_as_json=options.get("sent_as_json") == "true",
    )


def _nothing_taken(report: ImportReport) -> InvalidInput:
    """Return the refusal of a file of which no row could be taken, with the reasons that its report gives."""
    whole = FieldError(
        "measurements",
        f"aucune ligne n’a pu être prise ({french.counted(report.rows, 'ligne')} ; import n° "
        f"{report.import_id}) : corrigez les lignes, puis renvoyez-les.",
    )
    lines = (FieldError(p.column, f"ligne {p.line} : {p.reason}", p.value) for p in report.problems)
    return InvalidInput([whole, *lines])


def _few(path: Path) -> bool:
    """Tell whether a file has so few rows that its sender may wait for the report."""
    if path.suffix.casefold() not in _COUNTED:
        return path.stat().st_size <= PACKED_BYTES_AT_ONCE
    lines = 0
    with path.open("rb") as stream:
        while lines <= ROWS_AT_ONCE + 1 and (block := stream.read(_BLOCK)):
            lines += max(block.count(b"\n"), block.count(b"\r"))
    return lines <= ROWS_AT_ONCE + 1  # and the header


def _canonical(options: Options) -> bytes:
    return json.dumps(dict(options), sort_keys=True).encode()
