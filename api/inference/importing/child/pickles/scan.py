"""Reads a model file without executing or importing any name in it.

The bytes go through the pickle machine with inert stand-ins for every name, so the whole file is walked as a
loader would walk it: raw array bytes that joblib writes after a ``NumpyArrayWrapper`` are measured and
skipped, and what follows them is read too. A single name off the list refuses the file.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child.pickles.arrays import (
    ARRAY,
    DTYPE,
    array_bytes,
    fields_of,
    holds_objects,
    is_array,
)
from api.inference.importing.child.pickles.bounds import BoundedOperations
from api.inference.importing.child.pickles.calls import (
    WRAPPER,
    check_call,
    check_kept,
    check_state,
    refuse,
)
from api.inference.importing.child.pickles.inert import Inert, Named
from api.inference.importing.child.pickles.spelling import SPELL_BYTES, spelled_bytes
from api.inference.importing.child.pickles.unknown_names import refusal_of
from api.inference.serving.allowlist import ALLOWED

# Errors of the pickle machine on bytes that are not a pickle, or only the beginning of one.
UNREADABLE = (
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    OverflowError,
    RecursionError,
    pickle.UnpicklingError,
    struct.error,
)
_MAPPINGS = {"collections.OrderedDict", "collections.defaultdict", "sklearn.utils._bunch.Bunch"}
_VERSION_KEY = "_sklearn_version"
_TRAILING = "Des données suivent la fin du modèle : le fichier est refusé, rien n’a été exécuté."


@dataclass(frozen=True)
class Scan:
    """The names that loading a file would call on.

    Args:
        root: dotted name of the class of the object in the file.
        names: dotted names that the file refers to.
        sklearn_versions: versions of scikit-learn that wrote its parts.
    """

    root: str
    names: frozenset[str]
    sklearn_versions: frozenset[str]


def scan(data: bytes) -> Scan:
    """Check a decompressed model file.

    Args:
        data: the pickle stream, with joblib's array bytes where there are any.

    Raises:
        ModelRefused: a name off the list, a construct that no estimator needs, bytes that are not a whole
            pickle, bytes after its end, or an object that is not an estimator.
    """
    machine = _Machine(io.BytesIO(data))
    try:
        root = machine.run()
    except _UnknownName as error:
        raise ModelRefused(refusal_of(error.name, data)) from error
    if machine.source.read(1):
        raise ModelRefused(_TRAILING)
    if is_array(root):
        raise ModelRefused(
            "Le fichier contient un tableau (des mesures ou des réponses), pas un modèle. Enregistrez "
            "l’estimateur ajusté lui-même avec joblib.dump(modele, fichier)."
        )
    if not isinstance(root, Inert):
        kind = root.dotted if isinstance(root, Named) else type(root).__name__
        raise ModelRefused(
            f"Le fichier contient un objet « {kind} », pas un estimateur scikit-learn. Enregistrez le modèle "
            "lui-même avec joblib.dump(modele, fichier)."
        )
    check_kept(root)
    return Scan(root.origin, frozenset(machine.names), frozenset(machine.versions))


class _UnknownName(Exception):
    """A name off the list."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _Machine(pickle._Unpickler):  # the pure Python machine, whose operations can be replaced one by one
    """The pickle machine, with every operation that could run code replaced."""

    # An instance has its own, which counts; the stock machine declares the class's alone.
    dispatch: dict[int, Callable[[Any], None]] = {**pickle._Unpickler.dispatch}  # type: ignore[misc]  # noqa: RUF012
    # Attributes of the stock machine that the replaced operations use.
    stack: list[Any]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]
    read: Callable[[int], bytes]
    _unframer: Any

    def __init__(self, source: io.BytesIO, parent: _Machine | None = None) -> None:
        # Old spellings are not translated: the names checked are those that the file holds.
        super().__init__(source, fix_imports=False)
        self.source = source
        self.nested = parent is not None
        self.names: set[str] = set() if parent is None else parent.names
        self.versions: set[str] = set() if parent is None else parent.versions
        # Dictionaries that NumPy keeps as they are: changed after their check, they would undo it.
        self.kept: list[dict[Any, Any]] = [] if parent is None else parent.kept
        self.dispatch = BoundedOperations(type(self).dispatch) if parent is None else parent.dispatch

    def run(self) -> Any:
        """Return the inert object at the end of the stream.

        Raises:
            ModelRefused: see :func:`scan`.
        """
        try:
            root = self.load()
        except UNREADABLE as error:
            raise ModelRefused(
                "Fichier tronqué ou illisible : ce n’est pas un modèle enregistré par pickle ou joblib "
                f"({type(error).__name__}). Réexportez-le avec joblib.dump."
            ) from error
        frame = self._unframer.current_frame
        if frame is not None and frame.read(1):
            raise ModelRefused(_TRAILING)
        return root

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a listed name; any other name refuses the file."""
        named = Named(module, name)
        if (module, name) not in ALLOWED:
            raise _UnknownName(named.dotted)
        self.names.add(named.dotted)
        return named

    def build(self, target: Any, arguments: Any) -> Any:
        """Return the stand-in for a call of a listed name; bytes where the call only spells them."""
        if not isinstance(target, Named) or not isinstance(arguments, tuple):
            refuse("appelle autre chose qu’un nom autorisé")
        check_call(target.dotted, arguments)
        if target.dotted in SPELL_BYTES:
            return spelled_bytes(arguments)
        return Inert(target.dotted, arguments)

    def load_reduce(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self.build(self.stack[-1], arguments)

    def load_newobj(self) -> None:
        arguments = self.stack.pop()
        self.append(self.build(self.stack.pop(), arguments))

    def load_newobj_ex(self) -> None:
        keywords, arguments = self.stack.pop(), self.stack.pop()
        self.append(self.build(self.stack.pop(), (*arguments, keywords)))

    def load_build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if not isinstance(target, Inert):
            refuse("modifie autre chose qu’un objet qu’il a créé")
        if target.state is not None:
            refuse("donne deux fois son état à un objet")
        target.state = state
        check_state(target)
        if target.origin == DTYPE and (fields := fields_of(target)) is not None:
            self.kept.append(fields)
        if isinstance(state, dict) and isinstance(version := state.get(_VERSION_KEY), str):
            self.versions.add(version)
        if target.origin == WRAPPER:
            self.stack[-1] = self.skip_array(target)

    def skip_array(self, wrapper: Inert) -> Inert:
        """Pass over the array that joblib writes right after a wrapper; read it where it is a pickle."""
        if self.nested:
            # joblib reads the pickle of an object array without arrays of its own: to follow them here would
            # be to read another file than the loader reads.
            refuse("emboîte un tableau de joblib dans un tableau d’objets")
        state = wrapper.state if isinstance(wrapper.state, dict) else {}
        if holds_objects(state.get("dtype")):
            objects = _Machine(self.source, parent=self).run()
            return Inert(ARRAY, (objects,), state)
        if state.get("numpy_array_alignment_bytes") is not None:
            padding = self.source.read(1)
            self.source.read(padding[0])
        size = array_bytes(state.get("dtype"), state.get("shape"))
        if len(self.source.read(size)) != size:
            raise EOFError
        return Inert(ARRAY, state=state)

    def load_setitems(self) -> None:
        pairs = self.pop_mark()
        self.store(dict(zip(pairs[::2], pairs[1::2], strict=True)))

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.store({key: value})

    def store(self, pairs: Mapping[Any, Any]) -> None:
        """Put pairs into a dictionary, or into the stand-in of a class that is a dictionary."""
        target = self.stack[-1]
        if isinstance(target, dict):
            if any(target is kept for kept in self.kept):
                refuse("modifie un tableau après l’avoir décrit")
            target.update(pairs)
        elif isinstance(target, Inert) and target.origin in _MAPPINGS:
            target.items += [*pairs.keys(), *pairs.values()]
        else:
            refuse("remplit autre chose qu’un dictionnaire")

    def load_appends(self) -> None:
        items = self.pop_mark()
        self.extend(list, items)

    def load_append(self) -> None:
        item = self.stack.pop()
        self.extend(list, [item])

    def load_additems(self) -> None:
        items = self.pop_mark()
        self.extend(set, items)

    def extend(self, kind: type[list[Any]] | type[set[Any]], items: list[Any]) -> None:
        """Add items to a plain list or set."""
        target = self.stack[-1]
        if not isinstance(target, kind):
            refuse("remplit autre chose qu’une liste ou un ensemble")
        target.extend(items) if isinstance(target, list) else target.update(items)

    def load_bytearray8(self) -> None:
        (size,) = struct.unpack("<Q", self.read(8))
        # The stock operation would reserve the announced size, whatever it is, before it reads.
        self.append(bytearray(self.read(min(size, len(self.source.getbuffer())))))

    def load_refused(self) -> None:
        refuse("emploie une opération de pickle qu’aucun modèle scikit-learn n’utilise")


_REPLACED: Mapping[bytes, Callable[[Any], None]] = {
    pickle.REDUCE: _Machine.load_reduce,
    pickle.NEWOBJ: _Machine.load_newobj,
    pickle.NEWOBJ_EX: _Machine.load_newobj_ex,
    pickle.BUILD: _Machine.load_build,
    pickle.SETITEM: _Machine.load_setitem,
    pickle.SETITEMS: _Machine.load_setitems,
    pickle.APPEND: _Machine.load_append,
    pickle.APPENDS: _Machine.load_appends,
    pickle.ADDITEMS: _Machine.load_additems,
    pickle.BYTEARRAY8: _Machine.load_bytearray8,
    **dict.fromkeys(
        (
            pickle.INST,
            pickle.OBJ,
            pickle.PERSID,
            pickle.BINPERSID,
            pickle.EXT1,
            pickle.EXT2,
            pickle.EXT4,
            pickle.NEXT_BUFFER,
            pickle.READONLY_BUFFER,
        ),
        _Machine.load_refused,
    ),
}
_Machine.dispatch.update({code[0]: operation for code, operation in _REPLACED.items()})
