"""The estimators inside an estimator, and the checks on each before it may predict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
from sklearn.tree import BaseDecisionTree

from api.domain.shared.exceptions import ModelRefused

_Ints = NDArray[Any]
_LEAF = -1


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


def check_trees(model: object) -> None:
    """Refuse trees that compiled code would follow out of their arrays, or around for ever.

    Raises:
        ModelRefused: a child that does not come after its parent or lies beyond the last node, or a feature
            that the tree's own estimator does not declare.
    """
    for part in parts_of(model):
        # An ensemble also keeps the unfitted tree that it copied.
        if isinstance(part, BaseDecisionTree) and hasattr(part, "tree_"):
            tree = part.tree_
            sound = _sound(
                tree.children_left, tree.children_right, tree.feature, tree.children_left != _LEAF, part
            )
        elif isinstance(part, BaseHistGradientBoosting) and hasattr(part, "_predictors"):
            nodes = [predictor.nodes for stage in part._predictors for predictor in stage]
            sound = all(
                _sound(n["left"], n["right"], n["feature_idx"], n["is_leaf"] == 0, part) for n in nodes
            )
        else:
            continue
        if not sound:
            raise ModelRefused("Un arbre du modèle est incohérent : nœuds ou variables hors limites.")


def _sound(left: _Ints, right: _Ints, feature: _Ints, inner: NDArray[np.bool_], owner: BaseEstimator) -> bool:
    """Tell whether every inner node leads forward, inside the arrays, by a feature that exists."""
    here = np.flatnonzero(inner)
    forward = all(((side[here] > here) & (side[here] < len(inner))).all() for side in (left, right))
    return forward and bool(((feature[here] >= 0) & (feature[here] < owner.n_features_in_)).all())
