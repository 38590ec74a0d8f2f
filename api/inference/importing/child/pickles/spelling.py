"""Bytes in files of protocols 0 to 2, which have none of their own: they spell them as a call."""

from __future__ import annotations

from typing import Any

SPELL_BYTES = frozenset({"_codecs.encode", "__builtin__.bytes"})


def spelled_bytes(arguments: tuple[Any, ...]) -> bytes:
    """Return the bytes that a checked call of :data:`SPELL_BYTES` stands for."""
    return str(arguments[0]).encode("latin1") if arguments else b""


def spells_bytes(arguments: tuple[Any, ...]) -> bool:
    """Tell whether these are the arguments with which pickle spells bytes: a text of their values, latin1."""
    return (
        len(arguments) == 2
        and type(arguments[0]) is str
        and arguments[1] == "latin1"
        and all(character <= "\xff" for character in arguments[0])
    )
