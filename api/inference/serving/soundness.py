"""Checks on the parts of an estimator that compiled code follows without a look: nothing may lead outside.

Compiled code reads the rows that the *outer* estimator received, so every inner part must declare the same
features, and every index must lie inside the arrays that it is used on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble._forest import BaseForest
from sklearn.ensemble._gb import BaseGradientBoosting
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder
from sklearn.tree import BaseDecisionTree
from sklearn.tree._tree import Tree

from api.domain.shared.exceptions import ModelRefused
from api.inference.serving.parts import parts_of

_LEAF = -1
_BITSET_WORDS = 8
_CATEGORIES = 256


def check_soundness(model: object) -> None:
    """Refuse a model that could make compiled code read or write outside its memory, or run for ever.

    Raises:
        ModelRefused: the reason names the part.
    """
    parts = list(parts_of(model))
    for part in parts:
        _refuse_shadows(part)
    # Trees first: the other checks make inner estimators answer.
    for kind, check in _CHECKS:
        for part in parts:
            if isinstance(part, kind):
                check(part)


def _refuse_shadows(part: object) -> None:
    """Refuse an attribute that takes the place of a method: it would be called instead."""
    for name in getattr(part, "__dict__", {}):
        if callable(getattr(type(part), name, None)):
            raise _unsound(part, f"l’attribut « {name} » y remplace une méthode")


def _check_tree(part: Any) -> None:
    # An ensemble also keeps the unfitted tree that it copied.
    if not hasattr(part, "tree_"):
        return
    features, tree = _features_of(part), part.tree_
    if type(tree) is not Tree or tree.node_count != tree.capacity or tree.node_count < 1:
        raise _unsound(part, "son arbre est incomplet")
    sound = _leads_forward(
        tree.children_left, tree.children_right, tree.feature, tree.children_left != _LEAF, features
    )
    if not sound or tree.n_features != features:
        raise _unsound(part, "nœuds ou variables hors limites")


def _check_forest(part: Any) -> None:
    for member in getattr(part, "estimators_", ()):
        _require_member(part, member)


def _check_boosting(part: Any) -> None:
    if not hasattr(part, "estimators_"):
        return
    members = part.estimators_
    if not isinstance(members, np.ndarray) or members.ndim != 2 or members.size == 0:
        raise _unsound(part, "ses arbres ne forment pas un tableau d’étapes")
    for member in members.ravel():
        _require_member(part, member)
        if member.tree_.value.shape[1:] != (1, 1):
            raise _unsound(part, "un arbre y donne plus d’une valeur")


def _check_start(part: Any) -> None:
    """Check that what a boosting starts from has a column for each of its trees, which add to it."""
    if not hasattr(part, "estimators_"):
        return
    start = part._raw_predict_init(np.zeros((1, _features_of(part)), dtype=np.float32))
    if start.shape != (1, part.estimators_.shape[1]) or start.dtype != np.float64:
        raise _unsound(part, "ses arbres écrivent hors de sa réponse")


def _require_member(part: Any, member: Any) -> None:
    if not isinstance(member, BaseDecisionTree) or not hasattr(member, "tree_"):
        raise _unsound(part, "un de ses membres n’est pas un arbre ajusté")
    if _features_of(member) != _features_of(part):
        raise _unsound(part, "un arbre y lit d’autres variables que le modèle")


def _check_histogram(part: Any) -> None:
    if not hasattr(part, "_predictors"):
        return
    features = _features_of(part)
    categorical = part._bin_mapper.is_categorical_
    if not isinstance(categorical, np.ndarray) or categorical.shape != (features,):
        raise _unsound(part, "ses variables de catégories ne sont pas celles du modèle")
    for predictor in (predictor for stage in part._predictors for predictor in stage):
        if type(predictor) is not TreePredictor or not _sound_nodes(predictor, features, categorical):
            raise _unsound(part, "nœuds, variables ou catégories hors limites")
    if part._preprocessor is not None and not _keeps_columns(part):
        raise _unsound(part, "ses colonnes préparées ne sont pas celles du modèle")


def _sound_nodes(predictor: Any, features: int, categorical: NDArray[Any]) -> bool:
    nodes, bitsets = predictor.nodes, predictor.raw_left_cat_bitsets
    if nodes.dtype != PREDICTOR_RECORD_DTYPE or nodes.ndim != 1 or not len(nodes):
        return False
    if bitsets.dtype != np.uint32 or bitsets.ndim != 2 or bitsets.shape[1] != _BITSET_WORDS:
        return False
    inner = nodes["is_leaf"] == 0
    if not _leads_forward(nodes["left"], nodes["right"], nodes["feature_idx"], inner, features):
        return False
    by_category = nodes[inner & (nodes["is_categorical"] != 0)]
    return bool(
        (by_category["bitset_idx"] < len(bitsets)).all()
        and (categorical[by_category["feature_idx"]] != 0).all()
    )


def _keeps_columns(part: Any) -> bool:
    """Tell whether the preparation of categories is the usual one, and gives a column for each feature."""
    prepared = part._preprocessor
    usual = isinstance(prepared, ColumnTransformer) and all(
        isinstance(step, OrdinalEncoder | FunctionTransformer) or step == "drop"
        for _, step, _ in prepared.transformers_
    )
    features = _features_of(part)
    if not usual or any(len(thresholds) > _CATEGORIES for thresholds in part._bin_mapper.bin_thresholds_):
        return False
    import pandas as pd  # noqa: PLC0415 - only where categories are prepared

    names = getattr(part, "feature_names_in_", range(features))
    row = pd.DataFrame(np.zeros((1, features)), columns=list(names))
    return bool(prepared.transform(row).shape == (1, features))


def _check_one_hot(part: Any) -> None:
    """Check that categories lead to columns of the sparse table that they are written into."""
    if not hasattr(part, "categories_"):
        return
    drops = part._drop_idx_after_grouping
    mappings = part._default_to_infrequent_mappings if part._infrequent_enabled else None
    expected = []
    for index, categories in enumerate(part.categories_):
        mapping = None if mappings is None else mappings[index]
        count = len(categories)
        if mapping is not None:
            if not isinstance(mapping, np.ndarray) or mapping.dtype.kind != "i" or mapping.min() < 0:
                raise _unsound(part, "ses catégories rares sont mal numérotées")
            count = int(mapping.max()) + 1
        drop = None if drops is None else drops[index]
        if drop is not None and not 0 <= drop < count:
            raise _unsound(part, "une catégorie retirée n’existe pas")
        expected.append(count - (drop is not None))
    if list(part._n_features_outs) != expected:
        raise _unsound(part, "ses catégories et ses colonnes ne se correspondent pas")


# In order: trees by themselves, then what holds them, then what makes inner estimators answer.
_CHECKS: tuple[tuple[type, Callable[[Any], None]], ...] = (
    (BaseDecisionTree, _check_tree),
    (BaseForest, _check_forest),
    (BaseGradientBoosting, _check_boosting),
    (OneHotEncoder, _check_one_hot),
    (BaseHistGradientBoosting, _check_histogram),
    (BaseGradientBoosting, _check_start),
)


def _leads_forward(
    left: NDArray[Any], right: NDArray[Any], feature: NDArray[Any], inner: NDArray[np.bool_], features: int
) -> bool:
    """Tell whether every inner node leads forward, inside the arrays, by a feature that exists."""
    here = np.flatnonzero(inner)
    forward = all(((side[here] > here) & (side[here] < len(inner))).all() for side in (left, right))
    return forward and bool(((feature[here] >= 0) & (feature[here] < features)).all())


def _features_of(part: BaseEstimator) -> int:
    """Return the number of features that a part declares; scikit-learn checks rows against nothing else."""
    count = vars(part).get("n_features_in_")
    if not isinstance(count, int | np.integer) or count < 1:
        raise _unsound(part, "le nombre de ses variables manque")
    return int(count)


def _unsound(part: object, reason: str) -> ModelRefused:
    return ModelRefused(f"Le modèle est incohérent dans {type(part).__name__} : {reason}.")
