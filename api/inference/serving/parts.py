"""The estimators inside an estimator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from sklearn.base import BaseEstimator


def parts_of(model: object) -> Iterator[object]:
    """Yield the model and every scikit-learn object reachable through its attributes, each once."""
    seen: set[int] = set()
    pending: list[object] = [model]
    while pending:
        item = pending.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Mapping):
            pending.extend(item.values())
        elif isinstance(item, list | tuple | set):
            pending.extend(item)
        elif isinstance(item, np.ndarray):
            pending.extend(item.ravel().tolist() if item.dtype.hasobject else ())
        elif type(item).__module__.startswith("sklearn."):
            yield item
            pending.extend(getattr(item, "__dict__", {}).values())


def quieten(model: object) -> None:
    """Set one thread and no progress lines on every part.

    A single row must not wake a pool of threads, nor fill the service's logs.
    """
    for part in parts_of(model):
        if isinstance(part, BaseEstimator):
            settings = vars(part)
            settings.update({"n_jobs": None} if settings.get("n_jobs") is not None else {})
            settings.update({"verbose": 0} if settings.get("verbose") else {})
