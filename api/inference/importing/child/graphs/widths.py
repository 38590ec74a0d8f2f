"""How many columns each table of an ONNX graph has: linear operators believe it, and read as many weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onnx import helper

from api.domain.shared.exceptions import ModelRefused

_KEEPS_COLUMNS = (
    "Abs Binarizer Cast CastLike Ceil Clip Dropout Elu Erf Exp Floor Identity Imputer LeakyRelu Log Neg "
    "Normalizer Reciprocal Relu Round Scaler Selu Sigmoid Sign Softmax Softplus Sqrt Tanh"
)
_SAME = frozenset(_KEEPS_COLUMNS.split())
_PAIRED = frozenset({"Add", "Div", "Max", "Min", "Mul", "Pow", "Sub"})


class Widths:
    """The number of columns of the two-dimensional tables of a graph, where it can be told from the graph.

    Args:
        graph: of a model whose operators were checked.
    """

    def __init__(self, graph: Any) -> None:
        self._nodes = list(graph.node)
        self._known: dict[str, int] = {
            tensor.name: dims[1]
            for tensor in graph.input
            if len(dims := [dim.dim_value for dim in tensor.type.tensor_type.shape.dim]) == 2 and dims[1] > 0
        }
        # Weights of three dimensions and more have no columns in this sense.
        self._known |= {t.name: t.dims[-1] if t.dims else 1 for t in graph.initializer if len(t.dims) <= 2}
        self._tables = {t.name for t in graph.initializer if len(t.dims) == 2}
        for node in self._nodes:  # in the order of the calculation, which the format asks for
            width = self._of(node)
            if width is not None:
                self._known.update(dict.fromkeys(filter(None, node.output), width))

    def check(self) -> None:
        """Refuse linear operators and trees that read more columns than they receive, or may.

        Raises:
            ModelRefused: it names the operator.
        """
        for node in self._nodes:
            needs = _NEEDS.get(node.op_type)
            if needs is None:
                continue
            given = {item.name: helper.get_attribute_value(item) for item in node.attribute}
            width = self._known.get(node.input[0])
            if width is None or not needs(given, width):
                raise ModelRefused(
                    f"L’opérateur « {node.op_type} » du fichier ONNX ne lit pas autant de colonnes qu’il en "
                    "reçoit, ou rien ne dit combien : réexportez le modèle avec un nombre de variables fixe."
                )

    def _of(self, node: Any) -> int | None:
        widths = [self._known.get(name) for name in node.input]
        if node.op_type in _SAME and widths:
            return widths[0]
        if node.op_type == "ArrayFeatureExtractor" or (
            node.op_type == "MatMul" and widths[0] is not None and node.input[1] in self._tables
        ):
            return widths[1]
        if node.op_type in _PAIRED and None not in widths and widths:
            return max(width for width in widths if width is not None)
        if node.op_type == "Concat" and None not in widths:
            axis = next((item.i for item in node.attribute if item.name == "axis"), 0)
            return sum(width for width in widths if width is not None) if axis in (1, -1) else None
        if node.op_type == "Constant":
            dims = next((item.t.dims for item in node.attribute if item.name == "value"), ())
            return (dims[-1] if dims else 1) if len(dims) <= 2 else None
        return None


def _linear_classifier(given: Mapping[str, Any], width: int) -> bool:
    weights, starts = len(given.get("coefficients", ())), len(given.get("intercepts", ()))
    labels = len(given.get("classlabels_ints", ())) or len(given.get("classlabels_strings", ()))
    return starts > 0 and weights == starts * width and labels in {starts, 2 if starts == 1 else starts}


def _linear_regressor(given: Mapping[str, Any], width: int) -> bool:
    targets, starts = given.get("targets", 1), len(given.get("intercepts", ()))
    return targets > 0 and len(given.get("coefficients", ())) == targets * width and starts in {0, targets}


def _trees(given: Mapping[str, Any], width: int) -> bool:
    return bool(max(given["nodes_featureids"], default=0) < width)


_NEEDS: Mapping[str, Callable[[Mapping[str, Any], int], bool]] = {
    "LinearClassifier": _linear_classifier,
    "LinearRegressor": _linear_regressor,
    "TreeEnsemble": _trees,
    "TreeEnsembleClassifier": _trees,
    "TreeEnsembleRegressor": _trees,
}
