"""A sum of decision trees, read out of scikit-learn's ensembles: compilation starts from it.

Only estimators that read their features directly are recognised. One inside a pipeline is not, because its
trees no longer compare the turbine's own values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.ensemble._forest import ForestClassifier, ForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from api.inference.explaining.leaves import Leaves

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Link = Literal["identity", "logistic"]
_LEAF = -1


@dataclass(frozen=True)
class Tree:
    """One tree; node 0 is the root, and a row goes left where its value is ≤ the threshold.

    Args:
        left: (nodes,) left child, −1 at a leaf.
        right: (nodes,) right child.
        feature: (nodes,) column compared.
        threshold: (nodes,) value compared.
        value: (nodes,) added to the sum at a leaf.
    """

    left: Ints
    right: Ints
    feature: Ints
    threshold: Floats
    value: Floats


@dataclass(frozen=True)
class TreeSum:
    """``link(offset + sum over the trees)``.

    Args:
        single: whether features are rounded to float32 before they are compared, as in scikit-learn's trees;
            histogram boosting compares them in double.
    """

    trees: tuple[Tree, ...]
    features: int
    offset: float
    link: Link
    single: bool

    def thresholds(self, feature: int) -> Floats:
        """Return the (t,) distinct values that the trees compare a feature with."""
        values = [tree.threshold[(tree.left != _LEAF) & (tree.feature == feature)] for tree in self.trees]
        return np.unique(np.concatenate([np.zeros(0), *values]))


def leaves_of(summed: TreeSum) -> Leaves | None:
    """Return the boxes of the leaves; None where the output is not the sum itself."""
    if summed.link != "identity":
        return None
    boxes = [_boxes(tree, summed.features) for tree in summed.trees]
    lower, upper, value = (np.concatenate(part) for part in zip(*boxes, strict=True))
    return Leaves(
        np.ascontiguousarray(lower.T), np.ascontiguousarray(upper.T), value, summed.offset, summed.single
    )


def _boxes(tree: Tree, features: int) -> tuple[Floats, Floats, Floats]:
    """Return (leaves, k) lower and upper sides, and (leaves,) values.

    Children come after their parents in the arrays.
    """
    lower = np.full((len(tree.left), features), -np.inf)
    upper = np.full((len(tree.left), features), np.inf)
    for node in np.flatnonzero(tree.left != _LEAF):
        left, right, feature = tree.left[node], tree.right[node], tree.feature[node]
        lower[left] = lower[right] = lower[node]
        upper[left] = upper[right] = upper[node]
        upper[left, feature] = min(upper[left, feature], tree.threshold[node])
        lower[right, feature] = max(lower[right, feature], tree.threshold[node])
    ends = tree.left == _LEAF
    return lower[ends], upper[ends], tree.value[ends]


def tree_sum(estimator: Any, positive: int | None) -> TreeSum | None:
    """Return the estimator as a sum of trees; None where it is no such sum.

    Args:
        estimator: fitted.
        positive: column of the failure class, None for a regressor.
    """
    if isinstance(estimator, ForestClassifier | ForestRegressor):
        return _averaged(list(estimator.estimators_), positive)
    if isinstance(estimator, DecisionTreeClassifier | DecisionTreeRegressor):
        return _averaged([estimator], positive)
    if isinstance(estimator, GradientBoostingClassifier | GradientBoostingRegressor):
        return _boosted(estimator, positive)
    if isinstance(estimator, HistGradientBoostingClassifier | HistGradientBoostingRegressor):
        return _histogram(estimator, positive)
    return None


def _averaged(members: list[Any], positive: int | None) -> TreeSum | None:
    if any(member.tree_.n_outputs != 1 for member in members):
        return None
    trees = []
    for member in members:
        value = member.tree_.value[:, 0, :]
        share = value[:, 0] if positive is None else value[:, positive] / value.sum(axis=1)
        trees.append(_tree(member.tree_, share / len(members)))
    return TreeSum(tuple(trees), members[0].n_features_in_, 0.0, "identity", single=True)


def _boosted(estimator: Any, positive: int | None) -> TreeSum | None:
    loss, start = estimator.loss, estimator.init_
    if positive is not None and loss != "log_loss":
        return None
    if not (isinstance(start, DummyClassifier | DummyRegressor) or start == "zero"):
        return None
    # The starting value comes from a dummy, so it does not depend on the row.
    row = np.zeros((1, estimator.n_features_in_), dtype=np.float32)
    offset = float(estimator._raw_predict_init(row)[0, 0])
    trees = tuple(
        _tree(member.tree_, member.tree_.value[:, 0, 0] * estimator.learning_rate)
        for member in estimator.estimators_[:, 0]
    )
    return _towards(TreeSum(trees, estimator.n_features_in_, offset, _link(positive), single=True), positive)


def _histogram(estimator: Any, positive: int | None) -> TreeSum | None:
    predictors = [predictor for stage in estimator._predictors for predictor in stage]
    nodes = [predictor.nodes for predictor in predictors]
    identity = positive is not None or estimator.loss in {"squared_error", "absolute_error", "quantile"}
    if not identity or any(n["is_categorical"].any() for n in nodes) or len(nodes) != estimator.n_iter_:
        return None
    trees = tuple(
        Tree(
            np.where(n["is_leaf"] == 1, _LEAF, n["left"].astype(np.int64)),
            np.where(n["is_leaf"] == 1, _LEAF, n["right"].astype(np.int64)),
            n["feature_idx"].astype(np.int64),
            n["num_threshold"].astype(np.float64),
            n["value"].astype(np.float64),
        )
        for n in nodes
    )
    offset = float(np.ravel(estimator._baseline_prediction)[0])
    return _towards(TreeSum(trees, estimator.n_features_in_, offset, _link(positive), single=False), positive)


def _link(positive: int | None) -> Link:
    return "identity" if positive is None else "logistic"


def _towards(summed: TreeSum, positive: int | None) -> TreeSum:
    """Mirror the sum where failure is the first class.

    Boosted classifiers sum the log-odds of their second class.
    """
    if positive != 0:
        return summed
    trees = tuple(Tree(t.left, t.right, t.feature, t.threshold, -t.value) for t in summed.trees)
    return TreeSum(trees, summed.features, -summed.offset, summed.link, summed.single)


def _tree(tree: Any, value: Floats) -> Tree:
    return Tree(
        tree.children_left.astype(np.int64),
        tree.children_right.astype(np.int64),
        tree.feature.astype(np.int64),
        tree.threshold.astype(np.float64),
        np.asarray(value, dtype=np.float64),
    )
