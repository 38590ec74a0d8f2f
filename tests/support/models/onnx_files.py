"""ONNX files as other toolkits write them, made by hand or by a converter, and altered ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

from tests.support.park.importer_tools import SENSORS

DOUBLE = TensorProto.DOUBLE
WEIGHTS = np.array([[0.01], [1.4], [0.002], [0.0], [-0.3]])
START = np.array([-6.0])


def logistic(rows: np.ndarray) -> np.ndarray:
    """Return what :func:`hand_made` computes, by NumPy."""
    summed: np.ndarray = rows @ WEIGHTS[:, 0] + START[0]
    return np.asarray(1 / (1 + np.exp(-summed)))


def hand_made(
    nodes: Sequence[Any] | None = None,
    *,
    inputs: Sequence[Any] | None = None,
    outputs: Sequence[Any] | None = None,
    domain: str | None = None,
    weights: Sequence[Any] = (),
) -> Any:
    """Return a logistic regression in double as one would write it by hand; arguments replace its parts."""
    usual = [
        helper.make_node("MatMul", ["X", "W"], ["M"]),
        helper.make_node("Add", ["M", "B"], ["S"]),
        helper.make_node("Sigmoid", ["S"], ["Y"]),
    ]
    graph = helper.make_graph(
        list(usual if nodes is None else nodes),
        "logistic",
        list(inputs or [table("X", len(WEIGHTS))]),
        list(outputs or [table("Y", 1)]),
        [numpy_helper.from_array(WEIGHTS, "W"), numpy_helper.from_array(START, "B"), *weights],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    opsets += [helper.make_opsetid(domain, 1)] if domain else []
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="à la main")


def table(name: str, columns: int | None, kind: int = DOUBLE, rows: int | None = None) -> Any:
    """Return the description of a table of (rows, columns)."""
    return helper.make_tensor_value_info(name, kind, [rows, columns])


def column_by_name() -> Any:
    """Return the same regression with one named input per variable."""
    names = list(SENSORS)
    nodes = [
        helper.make_node("Concat", names, ["X"], axis=1),
        helper.make_node("MatMul", ["X", "W"], ["M"]),
        helper.make_node("Add", ["M", "B"], ["S"]),
        helper.make_node("Sigmoid", ["S"], ["Y"]),
    ]
    return hand_made(nodes, inputs=[table(name, 1) for name in names])


def two_columns() -> Any:
    """Return the same regression with a column per class, beside another output of labels."""
    nodes = [
        helper.make_node("MatMul", ["X", "W"], ["M"]),
        helper.make_node("Add", ["M", "B"], ["S"]),
        helper.make_node("Sigmoid", ["S"], ["P"]),
        helper.make_node("Sub", ["one", "P"], ["Q"]),
        helper.make_node("Concat", ["Q", "P"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
    ]
    outputs = [helper.make_tensor_value_info("label", TensorProto.INT64, [None]), table("probabilities", 2)]
    return hand_made(nodes, outputs=outputs, weights=[numpy_helper.from_array(np.array([1.0]), "one")])


def converted(estimator: Any, **options: Any) -> Any:
    """Return a fitted estimator as its users export it: single precision, labels beside probabilities."""
    first = [("input", FloatTensorType([None, len(SENSORS)]))]
    kept = {id(estimator): {"zipmap": False}} if hasattr(estimator, "classes_") else None
    opset = {"": 17, "ai.onnx.ml": 3}
    return to_onnx(estimator, **{"initial_types": first, "options": kept, "target_opset": opset, **options})
