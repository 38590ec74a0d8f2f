"""Compiles an estimator to ONNX. Only the importer's child process imports this.

Sums of trees get a graph of our own, in double (operator ``TreeEnsemble``, ai.onnx.ml 5). It compares the
values that scikit-learn compares and sums in the same precision, so even days agree to the last digits; the
float32 sums of the general converter do not. Everything else goes through skl2onnx.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.base import BaseEstimator, is_classifier
from sklearn.compose import ColumnTransformer

from api.inference.importing.child.graphs.ensembles import sound_graph
from api.inference.importing.child.trees import Tree, TreeSum
from api.inference.serving.parts import parts_of

_OPSET, _ML_OPSET, _IR = 17, 5, 10
_SKL2ONNX_OPSET = {"": 17, "ai.onnx.ml": 3}
_GOES_LEFT_WHERE_LEQ = 0
_SUM = 1
_LEAF = -1


def compiled_forms(
    estimator: BaseEstimator, summed: TreeSum | None, features: Sequence[str]
) -> Iterator[bytes]:
    """Yield ONNX models that may reproduce the estimator, the likeliest first; none if nothing converts.

    Args:
        estimator: fitted.
        summed: the estimator as a sum of trees, where it is such a sum.
        features: names of its columns, in order.
    """
    if summed is not None:
        graph = _tree_graph(summed)
        if sound_graph(graph):
            yield graph.SerializeToString()
        return
    for double in (True, False):
        converted = _converted(estimator, features, double)
        if converted is not None:
            yield converted


def _converted(estimator: BaseEstimator, features: Sequence[str], double: bool) -> bytes | None:
    # Imported here: it takes a second, which sums of trees are spared.
    from skl2onnx import to_onnx  # noqa: PLC0415
    from skl2onnx.common.data_types import (  # noqa: PLC0415
        DoubleTensorType,
        FloatTensorType,
    )
    from skl2onnx.common.exceptions import (  # noqa: PLC0415
        MissingConverter,
        MissingShapeCalculator,
    )

    kind = DoubleTensorType if double else FloatTensorType
    # Columns chosen by name can only be chosen among inputs that have names.
    by_name = any(isinstance(part, ColumnTransformer) for part in parts_of(estimator))
    inputs = (
        [(name, kind([None, 1])) for name in features] if by_name else [("X", kind([None, len(features)]))]
    )
    options = {id(estimator): {"zipmap": False}} if is_classifier(estimator) else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = to_onnx(estimator, initial_types=inputs, options=options, target_opset=_SKL2ONNX_OPSET)
    except (MissingConverter, MissingShapeCalculator, NotImplementedError, RuntimeError, LookupError,
            ValueError, TypeError, AttributeError):  # fmt: skip
        return None
    serialised: bytes = model.SerializeToString()
    return serialised if sound_graph(model) else None


def _tree_graph(summed: TreeSum) -> Any:
    """Build the graph ``X`` (n, k) → ``Y`` (n, 1), in double from the comparison on."""
    kind = TensorProto.FLOAT if summed.single else TensorProto.DOUBLE
    offset = numpy_helper.from_array(np.array([summed.offset]), "offset")
    nodes = [
        helper.make_node("Cast", ["X"], ["D"], to=TensorProto.DOUBLE),
        helper.make_node("TreeEnsemble", ["D"], ["T"], domain="ai.onnx.ml", **_attributes(summed.trees)),
        helper.make_node("Add", ["T", "offset"], ["S" if summed.link == "logistic" else "Y"]),
    ]
    if summed.link == "logistic":
        nodes.append(helper.make_node("Sigmoid", ["S"], ["Y"]))
    graph = helper.make_graph(
        nodes,
        "trees",
        [helper.make_tensor_value_info("X", kind, [None, summed.features])],
        [helper.make_tensor_value_info("Y", TensorProto.DOUBLE, [None, 1])],
        [offset],
    )
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("ai.onnx.ml", _ML_OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR)
    onnx.checker.check_model(model)
    return model


def _attributes(trees: Sequence[Tree]) -> dict[str, Any]:
    """Return the operator's attributes; it numbers inner nodes and leaves apart, over all trees."""
    lists: dict[str, list[Any]] = {
        name: []
        for name in ("tree_roots", "nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids",
                     "nodes_trueleafs", "nodes_falseleafs", "splits", "weights")
    }  # fmt: skip
    for tree in map(_with_a_branch, trees):
        inner = tree.left != _LEAF
        first_node, first_leaf = len(lists["splits"]), len(lists["weights"])
        number = np.where(inner, np.cumsum(inner) - 1 + first_node, np.cumsum(~inner) - 1 + first_leaf)
        left, right = tree.left[inner], tree.right[inner]
        lists["tree_roots"].append(first_node)
        lists["nodes_featureids"] += tree.feature[inner].tolist()
        lists["splits"] += tree.threshold[inner].tolist()
        lists["nodes_truenodeids"] += number[left].tolist()
        lists["nodes_falsenodeids"] += number[right].tolist()
        lists["nodes_trueleafs"] += (~inner[left]).astype(int).tolist()
        lists["nodes_falseleafs"] += (~inner[right]).astype(int).tolist()
        lists["weights"] += tree.value[~inner].tolist()
    splits, weights = np.array(lists.pop("splits")), np.array(lists.pop("weights"))
    modes = np.full(len(splits), _GOES_LEFT_WHERE_LEQ, dtype=np.uint8)
    return {
        **lists,
        "aggregate_function": _SUM,
        "n_targets": 1,
        "post_transform": 0,
        "nodes_splits": numpy_helper.from_array(splits),
        "nodes_modes": numpy_helper.from_array(modes),
        "leaf_weights": numpy_helper.from_array(weights),
        "leaf_targetids": [0] * len(weights),
    }


def _with_a_branch(tree: Tree) -> Tree:
    """Give a tree that is a single leaf a branch to two copies of it.

    The operator starts at an inner node.
    """
    if tree.left[0] != _LEAF:
        return tree
    ends = np.array([1, _LEAF, _LEAF])
    zeros = np.zeros(3, dtype=np.int64)
    return Tree(ends, ends + (ends > 0), zeros, zeros.astype(float), np.full(3, tree.value[0]))
