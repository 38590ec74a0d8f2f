"""What a model file may call, with which arguments, and which state it may give to what it made.

An allowed name is not enough: several of them are doors to compiled code that believes its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child.pickles.arrays import (
    ARRAY,
    DTYPE,
    array_bytes,
    check_dtype,
    elements,
    holds_objects,
    inconsistent,
    is_array,
    names_dtype,
    shape_of,
)
from api.inference.importing.child.pickles.inert import Inert, Named
from api.inference.importing.child.pickles.spelling import spells_bytes
from api.inference.serving.allowlist import COMPILED_LOSSES, VALUES

WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
TREE = "sklearn.tree._tree.Tree"
_CHECK = "sklearn.utils.validation.check_array"
_GENERATORS = {"numpy.random._mt19937.MT19937", "numpy.random._pcg64.PCG64"}
_RANDOM = {
    *_GENERATORS,
    "numpy.random._pickle.__bit_generator_ctor",
    "numpy.random.bit_generator.SeedSequence",
}
# Given to a call, never called.
_NEVER_CALLED = frozenset({*VALUES, ARRAY, *_GENERATORS, "numpy.random.bit_generator.SeedSequence"})
_WRAPPER_STATE = {"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"}
_ARRAY_STATE_LENGTH = 5


def refuse(what: str) -> NoReturn:
    """Refuse the file.

    Raises:
        ModelRefused: always.
    """
    raise ModelRefused(f"Le fichier {what} : il est refusé, rien n’a été exécuté.")


def check_call(name: str, arguments: tuple[Any, ...]) -> None:
    """Check the call of an allowed name.

    Raises:
        ModelRefused: arguments that no estimator's file gives.
    """
    if name in _NEVER_CALLED or not _ARGUMENTS.get(name, _none)(arguments):
        refuse(f"appelle « {name} » avec des arguments qu’aucun modèle scikit-learn ne donne")


def check_state(target: Inert) -> None:
    """Check the state that a file gives to an object that it made.

    Raises:
        ModelRefused: a state that no estimator's file gives.
    """
    if not _STATES.get(target.origin, _attributes)(target.state):
        refuse(f"donne à « {target.origin} » un état qu’aucun modèle scikit-learn n’a")
    if target.origin == DTYPE:
        check_dtype(target)


def check_kept(root: object) -> None:
    """Refuse names that the model would keep and call later, when it answers.

    Raises:
        ModelRefused: a class, or a function that only a file calls.
    """
    seen: set[int] = set()
    pending = [root]
    while pending:
        item = pending.pop()
        if isinstance(item, Named):
            if item.dotted not in VALUES:
                refuse(f"garde « {item.dotted} » dans le modèle au lieu de l’appeler")
        elif isinstance(item, Inert | Mapping | list | tuple | set | frozenset) and id(item) not in seen:
            seen.add(id(item))
            pending.extend(_inside(item))


def _inside(item: Any) -> Iterator[object]:
    if isinstance(item, Inert):
        # Arguments of a call are spent by it, but for the function that a partial keeps.
        yield from (argument for argument in item.args if not isinstance(argument, Named))
        if item.origin in {WRAPPER, ARRAY}:
            yield from (value for key, value in (item.state or {}).items() if key != "subclass")
        else:
            yield item.state
        yield from item.items
    elif isinstance(item, Mapping):
        yield from item.keys()
        yield from item.values()
    else:
        yield from item


def _none(arguments: tuple[Any, ...]) -> bool:
    return arguments == ()


def _is(value: object, *names: str) -> bool:
    return isinstance(value, Named | Inert) and _name(value) in names


def _name(value: Named | Inert) -> str:
    return value.dotted if isinstance(value, Named) else value.origin


def _number(value: object) -> bool:
    return isinstance(value, int | float) or _is(
        value, "numpy._core.multiarray.scalar", "numpy.core.multiarray.scalar"
    )


def _reconstruct(arguments: tuple[Any, ...]) -> bool:
    return (
        len(arguments) == 3
        and isinstance(arguments[0], Named)
        and _is(arguments[0], ARRAY)
        and arguments[1:] == ((0,), b"b")
    )


def _from_buffer(arguments: tuple[Any, ...]) -> bool:
    if len(arguments) != 4 or arguments[3] not in ("C", "F"):
        return False
    data, dtype, shape = arguments[:3]
    return isinstance(data, bytes | bytearray) and len(data) == array_bytes(dtype, shape)


def _scalar(arguments: tuple[Any, ...]) -> bool:
    return (
        len(arguments) == 2
        and isinstance(arguments[1], bytes)
        and len(arguments[1]) == array_bytes(arguments[0], ())
    )


def _numbers(arguments: tuple[Any, ...]) -> bool:
    return len(arguments) <= 3 and all(map(_number, arguments))


def _limits(arguments: tuple[Any, ...]) -> bool:
    return 1 <= len(arguments) <= 3 and all(value is None or _number(value) for value in arguments)


def _partial(arguments: tuple[Any, ...]) -> bool:
    return len(arguments) == 1 and isinstance(arguments[0], Named) and _is(arguments[0], _CHECK)


def _factory(arguments: tuple[Any, ...]) -> bool:
    return len(arguments) <= 1 and all(value is None or _is(value, *VALUES) for value in arguments)


def _tree(arguments: tuple[Any, ...]) -> bool:
    return (
        len(arguments) == 3
        and type(arguments[0]) is type(arguments[2]) is int
        and is_array(arguments[1])
        and arguments[2] > 0
    )


def _random(arguments: tuple[Any, ...]) -> bool:
    return len(arguments) <= 2 and all(
        value in ("MT19937", "PCG64") if isinstance(value, str) else _is(value, *_RANDOM)
        for value in arguments
    )


def _seeds(arguments: tuple[Any, ...]) -> bool:
    return (
        len(arguments) == 3
        and isinstance(arguments[0], Named)
        and _is(arguments[0], "numpy.random.bit_generator.SeedSequence")
        and type(arguments[1]) is int
        and isinstance(arguments[2], tuple | None)
    )


_ARGUMENTS: Mapping[str, Callable[[tuple[Any, ...]], bool]] = {
    DTYPE: names_dtype,
    "numpy._core.multiarray._reconstruct": _reconstruct,
    "numpy.core.multiarray._reconstruct": _reconstruct,
    "numpy._core.numeric._frombuffer": _from_buffer,
    "numpy._core.multiarray.scalar": _scalar,
    "numpy.core.multiarray.scalar": _scalar,
    "_codecs.encode": spells_bytes,
    "builtins.slice": _limits,
    "functools.partial": _partial,
    "collections.defaultdict": _factory,
    TREE: _tree,
    "numpy.random._pickle.__bit_generator_ctor": _random,
    "numpy.random._pickle.__generator_ctor": _random,
    "numpy.random._pickle.__randomstate_ctor": _random,
    "numpy.random.bit_generator.__pyx_unpickle_SeedSequence": _seeds,
    "sklearn.linear_model._sgd_fast.Hinge": _numbers,
    "sklearn.linear_model._sgd_fast.ModifiedHuber": _numbers,
    **dict.fromkeys(COMPILED_LOSSES, _numbers),
}


def _attributes(state: Any) -> bool:
    """Tell whether a state is that of a plain object: its attributes by name."""
    return isinstance(state, dict) and all(isinstance(name, str) for name in state)


def _no_state(state: Any) -> bool:
    return state is None


def _any_state(state: Any) -> bool:
    return True


def _wrapper_state(state: Any) -> bool:
    return (
        isinstance(state, dict)
        and set(state) <= _WRAPPER_STATE
        and isinstance(state.get("subclass"), Named)
        and _is(state["subclass"], ARRAY)
        and state.get("order") in ("C", "F")
    )


def _array_state(state: Any) -> bool:
    if not isinstance(state, tuple) or len(state) != _ARRAY_STATE_LENGTH or state[0] != 1:
        return False
    _, shape, dtype, _, data = state
    if holds_objects(dtype):
        return isinstance(data, list) and len(data) == elements(shape)
    if not isinstance(data, bytes) or len(data) != array_bytes(dtype, shape):
        raise inconsistent()
    return True


def _partial_state(state: Any) -> bool:
    return (
        isinstance(state, tuple)
        and len(state) == 4
        and isinstance(state[0], Named)
        and _is(state[0], _CHECK)
        and state[1] == ()
        and isinstance(state[2], dict | None)
        and state[3] in (None, {})
    )


def _tree_state(state: Any) -> bool:
    """Tell whether a tree's state holds an array of as many nodes as it announces."""
    if not _attributes(state) or not is_array(state.get("nodes")) or not is_array(state.get("values")):
        return False
    shape = shape_of(state["nodes"])
    return len(shape) == 1 and shape[0] > 0 and state.get("node_count") == shape[0]


_STATES: Mapping[str, Callable[[Any], bool]] = {
    DTYPE: lambda state: isinstance(state, tuple),
    WRAPPER: _wrapper_state,
    TREE: _tree_state,
    "numpy._core.multiarray._reconstruct": _array_state,
    "numpy.core.multiarray._reconstruct": _array_state,
    "numpy._core.numeric._frombuffer": _no_state,
    "numpy._core.multiarray.scalar": _no_state,
    "numpy.core.multiarray.scalar": _no_state,
    "builtins.slice": _no_state,
    "functools.partial": _partial_state,
    **dict.fromkeys(
        (
            "numpy.random._pickle.__bit_generator_ctor",
            "numpy.random._pickle.__generator_ctor",
            "numpy.random._pickle.__randomstate_ctor",
            "numpy.random.bit_generator.__pyx_unpickle_SeedSequence",
        ),
        _any_state,
    ),
}
