"""From a model file to its bytes, and from checked bytes to the estimator."""

from __future__ import annotations

import bz2
import hashlib
import importlib
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from joblib.numpy_pickle import NumpyUnpickler

from api.domain.shared.exceptions import ModelRefused
from api.inference.serving.allowlist import ALLOWED, RENAMED
from api.schemas import french

# An ONNX file begins with the version of its format, field 1 of its message; no pickle begins so.
_ONNX_START = b"\x08"
MAX_FILE_BYTES = 256 * 1024**2
MAX_DECOMPRESSED_BYTES = 512 * 1024**2
_CHUNK = 1024**2
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class _Decompressor(Protocol):
    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


# First bytes of each format that joblib writes, as joblib itself tells them apart.
_OPENERS: tuple[tuple[bytes, Callable[[], Any]], ...] = (
    (b"\x78", zlib.decompressobj),
    (b"\x1f\x8b", lambda: zlib.decompressobj(_GZIP_WINDOW)),
    (b"BZ", bz2.BZ2Decompressor),
    (b"\xfd\x37\x7a\x58\x5a", lzma.LZMADecompressor),
    (b"\x5d\x00", lzma.LZMADecompressor),
)
_UNSUPPORTED = {b"ZF": "joblib antérieur à 0.10", b"\x04\x22\x4d\x18": "lz4"}


def sha256_of(path: Path) -> str:
    """Return the SHA-256 (hex) of a file, read in chunks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_onnx(data: bytes) -> bool:
    """Tell whether these are the first bytes, at least, of an ONNX file."""
    return data.startswith(_ONNX_START)


def read_artefact(path: Path, limit: int = MAX_DECOMPRESSED_BYTES) -> bytes:
    """Return the content of a model file, decompressed where needed.

    Args:
        path: file written by pickle or joblib, plain, zlib, gzip, bz2, xz or lzma; or an ONNX file.
        limit: largest decompressed size accepted [bytes].

    Raises:
        ModelRefused: empty, too large, truncated, another compression, or bytes after its end.
    """
    size = path.stat().st_size
    if size == 0:
        raise ModelRefused("Le fichier est vide.")
    if size > MAX_FILE_BYTES:
        raise ModelRefused(f"Le fichier dépasse {french.quantity(MAX_FILE_BYTES // 1024**2, 'Mo')}.")
    data = path.read_bytes()
    for prefix, name in _UNSUPPORTED.items():
        if data.startswith(prefix):
            raise ModelRefused(
                f"Format non pris en charge ({name}) : réexportez avec joblib.dump(…, compress=3)."
            )
    for prefix, opener in _OPENERS:
        if data.startswith(prefix):
            return _decompressed(opener(), data, limit)
    return data


def _decompressed(decompressor: _Decompressor, data: bytes, limit: int) -> bytes:
    parts, total = [], 0
    try:
        for part in _pieces(decompressor, data):
            total += len(part)
            if total > limit:
                raise ModelRefused(
                    f"Le fichier dépasse {french.quantity(limit // 1024**2, 'Mo')} une fois décompressé."
                )
            parts.append(part)
    except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError) as error:
        raise ModelRefused("Fichier compressé illisible : réexportez-le avec joblib.dump.") from error
    if not decompressor.eof:
        raise ModelRefused("Fichier compressé tronqué : copiez-le ou réexportez-le à nouveau.")
    if decompressor.unused_data:
        raise ModelRefused("Des données suivent la fin du modèle compressé : le fichier est refusé.")
    return b"".join(parts)


def _pieces(decompressor: _Decompressor, data: bytes) -> Iterator[bytes]:
    """Yield decompressed bytes, at most a chunk at a time, so that a small file cannot fill the memory."""
    pending = data
    while not decompressor.eof:
        piece = decompressor.decompress(pending, _CHUNK)
        # zlib hands back what it has not read; the others keep it inside.
        pending = getattr(decompressor, "unconsumed_tail", b"")
        if not piece and not pending and not decompressor.eof:
            return
        yield piece


class _ListedUnpickler(NumpyUnpickler):  # type: ignore[misc]
    """joblib's loader, which can only reach the listed names."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the listed class or function, from the module that holds it today."""
        if (module, name) not in ALLOWED:
            raise ModelRefused(f"Le fichier fait appel à « {module}.{name} », qui n’est pas autorisé.")
        return getattr(importlib.import_module(RENAMED.get(module, module)), name)


def load_artefact(data: bytes) -> Any:
    """Return the estimator in a decompressed file.

    The caller has checked the file with :func:`api.inference.importing.child.pickles.scan.scan`.

    Raises:
        ModelRefused: a name off the list. Other errors, which classes raise on a damaged state, go through.
    """
    return _ListedUnpickler("", io.BytesIO(data), ensure_native_byte_order=True).load()
