"""Reading the form that carries a file and how it is to be read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request, status
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.domain.shared.exceptions import InvalidInput

MULTIPART, JSON = "multipart/form-data", "application/json"
MAX_UPLOAD_BYTES = 256 * 1024 * 1024  # three times a million rows of EnergiTech's
_TEXT_OPTIONS = ("date_format", "confirmed")
_MAP_NAME = "correspondance.json"
FILE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "CSV, CSV.GZ, XLSX ou Parquet"},
        "map": {
            "type": "string",
            "description": "Correspondance des noms et des unités : texte JSON, ou fichier JSON ou TOML",
        },
        "date_format": {"type": "string", "description": "Par exemple JJ/MM/AAAA"},
        "confirmed": {
            "type": "boolean",
            "description": "Les valeurs qui ressemblent à une autre unité ont été vérifiées",
        },
    },
}


def content_type(request: Request) -> str:
    """The type of a body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().casefold()


@asynccontextmanager
async def read_form(request: Request, max_files: int = 2) -> AsyncIterator[FormData]:
    """The form of a request, closed at the end.

    Args:
        request: that carries it.
        max_files: the most that it may hold.

    Raises:
        InvalidInput: another type of content, or a form that cannot be read.
    """
    if (kind := content_type(request)) != MULTIPART:
        raise InvalidInput.single(
            "Content-Type", f"« {MULTIPART} » (fichier) ou « {JSON} » (liste) est attendu.", kind
        )
    try:
        form = await request.form(max_files=max_files, max_fields=10)
    except HTTPException as error:
        if error.status_code != status.HTTP_400_BAD_REQUEST:
            raise
        raise InvalidInput.single("file", "formulaire illisible ; envoyez-le à nouveau.") from error
    try:
        yield form
    finally:
        await form.close()


def file_of(form: FormData) -> UploadFile:
    """The file.

    Raises:
        InvalidInput: there is none.
    """
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise InvalidInput.single("file", "joignez un fichier dans le champ « file ».")
    return file


async def options_of(form: FormData) -> dict[str, str]:
    """The options as texts; the service knows what they mean.

    Raises:
        InvalidInput: the map is not text.
    """
    options = {name: text for name in _TEXT_OPTIONS if isinstance(text := form.get(name), str) and text}
    sent = form.get("map")
    if isinstance(sent, UploadFile):
        try:
            text = (await sent.read()).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidInput.single("map", "la correspondance n’est pas en UTF-8.") from error
        return {**options, "map": text, "map_name": sent.filename or _MAP_NAME}
    return {**options, "map": sent, "map_name": _MAP_NAME} if sent else options
