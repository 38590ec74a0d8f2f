"""The size in bytes of an array in a joblib file, worked out from its inert description."""

from __future__ import annotations

import math
import re
from typing import Any

from api.domain.shared.exceptions import ModelRefused

_DTYPE = "numpy.dtype"
_FIXED = {"?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "e": 2, "i": 4, "I": 4, "f": 4, "q": 8, "Q": 8, "d": 8}
_CODE = re.compile(r"^([biufcSUVOmM])(\d{1,9})$")
_BYTES_PER_CHARACTER = 4  # NumPy's U type is UCS-4
# Positions in the state of a pickled dtype: (version, order, subarray, names, fields, size, …).
_SUBARRAY, _FIELDS, _SIZE = 2, 4, 5


def holds_objects(dtype: Any) -> bool:
    """Tell whether arrays of this dtype hold Python objects, which joblib writes as a nested pickle."""
    return _code(dtype).startswith("O")


def array_bytes(dtype: Any, shape: Any) -> int:
    """Return the size in bytes of an array without Python objects.

    Args:
        dtype: stand-in of a ``numpy.dtype``.
        shape: as the file gives it.

    Raises:
        ModelRefused: a description that NumPy would not have written.
    """
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise _inconsistent()
    return _item_size(dtype) * math.prod(shape)


def _code(dtype: Any) -> str:
    if getattr(dtype, "origin", None) != _DTYPE or not dtype.args or not isinstance(dtype.args[0], str):
        raise _inconsistent()
    return str(dtype.args[0])


def _item_size(dtype: Any) -> int:
    code = _code(dtype)
    if code in _FIXED:
        return _FIXED[code]
    match = _CODE.match(code)
    if match is None:
        raise _inconsistent()
    kind, number = match.group(1), int(match.group(2))
    size = number * _BYTES_PER_CHARACTER if kind == "U" else number
    state = dtype.state
    if not isinstance(state, tuple) or len(state) <= _SIZE or state[_SUBARRAY] is not None:
        raise _inconsistent()
    # Sized kinds carry their size twice; a loader believes the second.
    if kind in "SUV" and state[_SIZE] != size:
        raise _inconsistent()
    _refuse_objects_inside(state[_FIELDS])
    return size


def _refuse_objects_inside(fields: Any) -> None:
    """Refuse Python objects in a structured array: the nodes of a tree hold plain numbers only."""
    if fields is None:
        return
    if not isinstance(fields, dict):
        raise _inconsistent()
    for entry in fields.values():
        if not isinstance(entry, tuple) or not entry:
            raise _inconsistent()
        if holds_objects(entry[0]):
            raise _inconsistent()
        _item_size(entry[0])


def _inconsistent() -> ModelRefused:
    return ModelRefused("Un tableau du fichier est mal décrit : il est refusé, rien n’a été exécuté.")
