"""The size in bytes of an array in a model file, worked out from its inert description.

A dtype is checked to the last flag: NumPy believes the flags that a file gives, and numbers taken for Python
objects are addresses that anybody may choose.
"""

from __future__ import annotations

import math
import re
from typing import Any

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child.pickles.inert import Inert

ARRAY = "numpy.ndarray"
DTYPE = "numpy.dtype"
_FIXED = {"?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "e": 2, "i": 4, "I": 4, "f": 4, "q": 8, "Q": 8, "d": 8}
_CODE = re.compile(r"([biufcSUVOmM])(\d{1,9})")
_BYTES_PER_CHARACTER = 4  # NumPy's U type is UCS-4
# The state of a pickled dtype: (version, order, subarray, names, fields, size, alignment, flags).
_ORDER, _SUBARRAY, _NAMES, _FIELDS, _SIZE, _ALIGNMENT, _FLAGS = 1, 2, 3, 4, 5, 6, 7
_STATE_LENGTH = 8
# Flags that NumPy writes; those of objects and of text are fixed by the kind.
_OBJECT_FLAGS, _TEXT_FLAGS, _PLAIN_FLAGS, _ALIGNED, _FROM_FIELDS = 63, 8, 0, 128, 16
_ALIGNMENTS = {1, 2, 4, 8, 16}
_BUILT_IN = (-1, -1)  # size and alignment of a kind whose size is in its code


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
    return _item_size(dtype) * elements(shape)


def elements(shape: Any) -> int:
    """Return the number of elements of an array of this shape.

    Raises:
        ModelRefused: it is not a tuple of counts.
    """
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise inconsistent()
    return math.prod(shape)


def check_dtype(dtype: Any) -> None:
    """Check the description of a dtype, with its state where it has one.

    Raises:
        ModelRefused: a description that NumPy would not have written.
    """
    if holds_objects(dtype):
        if dtype.state not in (None, (3, "|", None, None, None, *_BUILT_IN, _OBJECT_FLAGS)):
            raise inconsistent()
    else:
        _item_size(dtype)


def names_dtype(arguments: tuple[Any, ...]) -> bool:
    """Tell whether these are the arguments of a dtype as NumPy writes them: ``("f8", False, True)``."""
    if len(arguments) != 3 or not isinstance(arguments[0], str) or arguments[1:] != (False, True):
        return False
    return arguments[0] in _FIXED or _CODE.fullmatch(arguments[0]) is not None


def fields_of(dtype: Any) -> dict[Any, Any] | None:
    """Return the dictionary of the fields of a structured dtype, which NumPy keeps as it is given."""
    state = dtype.state
    return state[_FIELDS] if isinstance(state, tuple) and isinstance(state[_FIELDS], dict) else None


def is_array(value: object) -> bool:
    """Tell whether a stand-in is that of an array, however the file writes it."""
    return isinstance(value, Inert) and value.origin in {
        ARRAY,
        "numpy._core.numeric._frombuffer",
        "numpy._core.multiarray._reconstruct",
        "numpy.core.multiarray._reconstruct",
    }


def shape_of(array: Inert) -> tuple[int, ...]:
    """Return the shape of an array, however the file writes it; empty where it has none yet."""
    shape: Any = ()
    if array.origin == ARRAY:
        shape = array.state.get("shape")
    elif array.origin.endswith("_frombuffer"):
        shape = array.args[2]
    elif isinstance(array.state, tuple):
        shape = array.state[1]
    elements(shape)
    return tuple(shape)


def _code(dtype: Any) -> str:
    arguments: tuple[Any, ...] = dtype.args if getattr(dtype, "origin", None) == DTYPE else ()
    if not names_dtype(arguments):
        raise inconsistent()
    return str(arguments[0])


def _item_size(dtype: Any) -> int:
    code = _code(dtype)
    match = _CODE.fullmatch(code)
    if code not in _FIXED and (match is None or match.group(1) == "O"):
        raise inconsistent()
    kind = code[0]
    size = _FIXED[code] if match is None else int(match.group(2))
    size = size * _BYTES_PER_CHARACTER if kind == "U" else size
    if (dtype.state is None and kind in "SUV") or not isinstance(dtype.state, tuple | None):
        raise inconsistent()
    if dtype.state is not None:
        _check_state(kind, size, dtype.state)
    return size


def _check_state(kind: str, size: int, state: tuple[Any, ...]) -> None:
    """Check that a dtype's state says the same as its code."""
    # Dates carry their unit, in a ninth place.
    version, length = (4, _STATE_LENGTH + 1) if kind in "mM" else (3, _STATE_LENGTH)
    if (
        len(state) != length
        or state[0] != version
        or not all(type(n) is int for n in state[_SIZE:_STATE_LENGTH])
    ):
        raise inconsistent()
    if kind in "mM" and not _is_unit(state[_STATE_LENGTH]):
        raise inconsistent()
    if state[_ORDER] not in ("<", ">", "|", "=") or state[_SUBARRAY] is not None:
        raise inconsistent()
    sized = kind in "SUV"
    # Sized kinds carry their size twice; a loader believes the second.
    if sized and (state[_SIZE] != size or state[_ALIGNMENT] not in _ALIGNMENTS):
        raise inconsistent()
    if not sized and state[_SIZE:_FLAGS] != _BUILT_IN:
        raise inconsistent()
    if state[_FIELDS] is not None or state[_NAMES] is not None:
        if kind != "V" or state[_FLAGS] & ~_ALIGNED != _FROM_FIELDS:
            raise inconsistent()
        _check_fields(state[_NAMES], state[_FIELDS], size)
    elif state[_FLAGS] != (_TEXT_FLAGS if kind == "U" else _PLAIN_FLAGS):
        raise inconsistent()


def _is_unit(metadata: Any) -> bool:
    """Tell whether this is the unit of a date, without anything more: ``(None, (b"s", 1, 1, 1))``."""
    return (
        isinstance(metadata, tuple)
        and len(metadata) == 2
        and metadata[0] is None
        and isinstance(metadata[1], tuple)
        and [type(part) for part in metadata[1]] == [bytes, int, int, int]
        and all(part > 0 for part in metadata[1][1:])
    )


def _check_fields(names: Any, fields: Any, size: int) -> None:
    """Refuse Python objects in a structured array, and fields beyond its end.

    The nodes of a tree hold plain numbers only.
    """
    if not isinstance(fields, dict) or not isinstance(names, tuple) or set(names) != set(fields):
        raise inconsistent()
    if len(names) != len(fields) or not all(isinstance(name, str) for name in names):
        raise inconsistent()
    for entry in fields.values():
        if not isinstance(entry, tuple) or len(entry) != 2 or type(entry[1]) is not int:
            raise inconsistent()
        if not 0 <= entry[1] <= size - _item_size(entry[0]):
            raise inconsistent()


def inconsistent() -> ModelRefused:
    """Return the refusal of an array that NumPy would not have written."""
    return ModelRefused("Un tableau du fichier est mal décrit : il est refusé, rien n’a été exécuté.")
