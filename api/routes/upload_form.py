"""Reading the form that carries a file and its reading options."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request, status
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.domain.shared.exceptions import InvalidInput

MULTIPART, JSON = "multipart/form-data", "application/json"
MAX_UPLOAD_BYTES = 256 * 1024 * 1024  # three times the size of a million rows of EnergiTech's
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
    """Return the content type of a body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().casefold()


@asynccontextmanager
async def read_form(request: Request, max_files: int = 2) -> AsyncIterator[FormData]:
    """Read the form of a request, and close it at the end of the block.

    Args:
        request: with the form.
        max_files: most files that it may hold.

    Raises:
        InvalidInput: the content has another type, or the form cannot be read.
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
    """Return the form's file.

    Raises:
        InvalidInput: there is none.
    """
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise InvalidInput.single("file", "joignez un fichier dans le champ « file ».")
    return file


async def options_of(form: FormData) -> dict[str, str]:
    """Return the reading options as texts, for the service to interpret.

    Raises:
        InvalidInput: the map is not UTF-8 text.
    """
    options = {name: text for name in _TEXT_OPTIONS if isinstance(text := form.get(name), str) and text}
    column_map = form.get("map")
    if isinstance(column_map, UploadFile):
        try:
            text = (await column_map.read()).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidInput.single("map", "la correspondance n’est pas en UTF-8.") from error
        return {**options, "map": text, "map_name": column_map.filename or _MAP_NAME}
    return {**options, "map": column_map, "map_name": _MAP_NAME} if column_map else options
