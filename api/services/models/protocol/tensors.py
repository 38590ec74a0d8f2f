"""From the tensors of a request to the rows of a model: types, shapes and possible values, each enforced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from api.domain.measurements.sensors import within
from api.domain.shared.exceptions import FieldError, InvalidInput
from api.inference.serving.manifest import FeatureSpec
from api.schemas import french
from api.schemas.open_inference import RequestTensor

_WHOLE = {
    **{f"UINT{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
    **{f"INT{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
}
_LARGEST = {"FP16": float(np.finfo(np.float16).max), "FP32": float(np.finfo(np.float32).max)}


def matrix_of(specs: Sequence[FeatureSpec], tensors: Sequence[RequestTensor]) -> np.ndarray:
    """Build the (n, k) matrix in the manifest's order, from a tensor per feature or from a single table.

    Raises:
        InvalidInput: tensors that are missing, unknown or of differing lengths; a value that its declared
            type does not have; or one that the sensor cannot measure.
    """
    names = [spec.name for spec in specs]
    rows = (
        _table(tensors[0], len(names))
        if len(tensors) == 1 and tensors[0].name not in names
        else _by_feature(names, tensors)
    )
    return np.column_stack([_possible(spec, column) for spec, column in zip(specs, rows.T, strict=True)])


def _table(tensor: RequestTensor, features: int) -> np.ndarray:
    """Read one tensor [n, k], whose columns stand in the manifest's order."""
    if len(tensor.shape) != 2 or tensor.shape[1] != features or tensor.shape[0] < 0:
        raise InvalidInput.single(
            tensor.name,
            f"tenseur inconnu : un tenseur par variable est attendu, ou un seul de forme [n, {features}] "
            "avec les variables dans l’ordre des métadonnées.",
            str(tensor.shape),
        )
    nested = tensor.data and isinstance(tensor.data[0], list)
    if nested and any(not isinstance(row, list) or len(row) != features for row in tensor.data):
        raise InvalidInput.single(
            tensor.name, f"chaque ligne doit avoir {french.counted(features, 'valeur')}."
        )
    flat = [value for row in tensor.data for value in row] if nested else list(tensor.data)
    return _numbers(tensor, flat, tensor.shape[0] * features).reshape(tensor.shape)


def _by_feature(names: Sequence[str], tensors: Sequence[RequestTensor]) -> np.ndarray:
    by_name = {tensor.name: tensor for tensor in tensors}
    expected = f"ce modèle lit {', '.join(names)}."
    wrong = [FieldError(n, "tenseur d’entrée manquant.") for n in names if n not in by_name]
    wrong += [FieldError(n, f"tenseur inconnu ; {expected}") for n in by_name if n not in names]
    if len(by_name) < len(tensors):
        wrong.append(FieldError("inputs", "un tenseur y est deux fois."))
    if wrong:
        raise InvalidInput(wrong)
    columns = [_column(by_name[name]) for name in names]
    if len({len(column) for column in columns}) > 1:
        raise InvalidInput.single("inputs", "les tenseurs n’ont pas tous le même nombre de lignes.")
    return np.column_stack(columns)


def _column(tensor: RequestTensor) -> np.ndarray:
    rows = tensor.shape[0]
    if rows < 0 or tensor.shape[1:] not in ([], [1]):
        raise InvalidInput.single(tensor.name, "forme attendue : [n] ou [n, 1].", str(tensor.shape))
    flat = [v[0] if isinstance(v, list) and len(v) == 1 else v for v in tensor.data]
    return _numbers(tensor, flat, rows)


def _numbers(tensor: RequestTensor, flat: Sequence[Any], count: int) -> np.ndarray:
    """Read the values of a tensor as its declared type has them."""
    for value in flat:
        if (reason := _not_of_type(tensor.datatype, value)) is not None:
            raise InvalidInput.single(tensor.name, reason, str(value)[:80])
    try:
        numbers = np.array(flat, dtype=np.float64)
    except OverflowError as error:
        raise InvalidInput.single(tensor.name, "nombre trop grand.") from error
    if len(numbers) != count:
        raise InvalidInput.single(
            tensor.name,
            f"{french.counted(count, 'valeur annoncée')}, {french.counted(len(numbers), 'reçue')}.",
        )
    if not np.isfinite(numbers).all():
        raise InvalidInput.single(tensor.name, "des nombres finis sont attendus.")
    return numbers


def _not_of_type(datatype: str, value: Any) -> str | None:
    """Say why a value is not of the declared type; None where it is."""
    if datatype == "BOOL":
        return (
            None if value in (0, 1) and isinstance(value, int) else "BOOL : true, false, 0 ou 1 est attendu."
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "des nombres sont attendus."
    if datatype in _WHOLE:
        low, high = _WHOLE[datatype]
        whole = isinstance(value, int) or value.is_integer()
        if not whole or not low <= value <= high:
            return f"{datatype} : un nombre entier de {low} à {high} est attendu."
    elif datatype in _LARGEST and _LARGEST[datatype] < abs(value) < np.inf:
        return f"{datatype} : ce type ne va pas au-delà de {french.exact(_LARGEST[datatype], 6)}."
    return None


def _possible(spec: FeatureSpec, column: np.ndarray) -> np.ndarray:
    """Refuse values that cannot be true, as ``/api/v1`` does; a rounding beyond a bound gives the bound."""
    if spec.dtype == "binary":
        wrong = np.flatnonzero(~np.isin(column, (0.0, 1.0)))
        if len(wrong):
            raise _impossible(spec, column, int(wrong[0]), "0 ou 1 est attendu")
        return column
    low, high = spec.physical_range
    outside = (column < (-np.inf if low is None else low)) | (column > (np.inf if high is None else high))
    if not outside.any():
        return column
    kept = column.copy()
    for row in np.flatnonzero(outside):
        bounded = within(float(column[row]), spec.physical_range)
        if bounded is None:
            raise _impossible(spec, column, int(row), f"attendu : {_span(spec)}")
        kept[row] = bounded
    return kept


def _impossible(spec: FeatureSpec, column: np.ndarray, row: int, expected: str) -> InvalidInput:
    reason = f"ligne {row + 1}, valeur impossible ; {expected}."
    return InvalidInput.single(spec.name, reason, str(column[row]))


def _span(spec: FeatureSpec) -> str:
    low, high = (None if bound is None else french.exact(bound, 10) for bound in spec.physical_range)
    if low is None or high is None:
        words = f"{high} au plus" if low is None else f"{low} au moins"
        return f"{words} {spec.unit}".strip()
    return french.with_unit(f"{low} à {high}", spec.unit)
