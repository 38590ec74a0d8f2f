"""Model files become bytes within bounds, or are refused."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from api.domain.shared.exceptions import ModelRefused
from api.inference.serving.artefact import load_artefact, read_artefact


def test_read_artefact__refuses_empty_and_other_compressions(tmp_path: Path) -> None:
    path = tmp_path / "model"
    for content, said in ((b"", "vide"), (b"ZF0x123", "0.10"), (b"\x04\x22\x4d\x18abc", "lz4")):
        path.write_bytes(content)
        with pytest.raises(ModelRefused, match=said):
            read_artefact(path)


@pytest.mark.slow
@pytest.mark.parametrize("squeeze", [zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_read_artefact__small_file_that_swells_is_refused(
    squeeze: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "model"
    path.write_bytes(squeeze(bytes(8 * 1024**2)))
    assert path.stat().st_size < 20_000
    with pytest.raises(ModelRefused, match="décompressé"):
        read_artefact(path, limit=4 * 1024**2)
    assert len(read_artefact(path, limit=8 * 1024**2)) == 8 * 1024**2


@pytest.mark.parametrize("squeeze", [zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_read_artefact__truncated_compression_is_refused(
    squeeze: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "model"
    path.write_bytes(squeeze(os.urandom(5000))[:-3])
    with pytest.raises(ModelRefused, match=r"tronqué|illisible"):
        read_artefact(path)


def test_load_artefact__reaches_listed_names_only(tmp_path: Path) -> None:
    # The scan comes first; the loader would not call it either.
    with pytest.raises(ModelRefused, match="mkdir"):
        load_artefact(b"cposix\nmkdir\n(S'" + str(tmp_path / "executed").encode() + b"'\ntR.")
    assert not (tmp_path / "executed").exists()
