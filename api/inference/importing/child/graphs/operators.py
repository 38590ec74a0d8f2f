"""What an ONNX file may hold: standard operators that only compute, with all their numbers inside the file.

A graph is a program. Left out are loops and conditions, which could run for ever; chance, which would answer
twice differently; operators whose results grow with a value of the row; files beside the file; and those of
other makers, whose code this service does not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import onnx
from onnx import helper, numpy_helper

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child.graphs.ensembles import sound_graph
from api.inference.importing.child.graphs.widths import Widths
from api.schemas import french

MAX_NODES = 20_000
ML = "ai.onnx.ml"
_STANDARD = {"": "", "ai.onnx": "", ML: ML}
_BY_DOMAIN: Mapping[str, str] = {
    "": (
        "Abs Add And ArgMax ArgMin BatchNormalization Cast CastLike Ceil Celu Clip Concat Constant Div "
        "Dropout Elu Equal Erf Exp Flatten Floor Gather Gelu Gemm Greater GreaterOrEqual HardSigmoid "
        "HardSwish Identity IsInf IsNaN LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax MatMul "
        "Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal ReduceL1 ReduceL2 ReduceLogSum "
        "ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape "
        "Round Selu Shape Sigmoid Sign Slice Softmax Softplus Softsign Split Sqrt Squeeze Sub Sum Tanh "
        "ThresholdedRelu TopK Transpose Unsqueeze Where Xor"
    ),
    ML: (
        "ArrayFeatureExtractor Binarizer Imputer LabelEncoder LinearClassifier LinearRegressor Normalizer "
        "OneHotEncoder Scaler TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor"
    ),
}
ALLOWED = {domain: frozenset(names.split()) for domain, names in _BY_DOMAIN.items()}
_REMEDIES: Mapping[str, str] = {
    "ZipMap": "Exportez-le sans dictionnaire de probabilités : options={'zipmap': False}, ou zipmap=False.",
    "Loop": "Exportez un calcul sans boucle.",
    "If": "Exportez un calcul sans condition : mode évaluation, dimensions fixes sauf le nombre de lignes.",
}
_GENERAL = (
    "Exportez un calcul fait d’opérateurs standard, sans boucle, sans hasard et sans extension d’un éditeur."
)


def check_graph(model: Any) -> None:
    """Refuse an ONNX model that does more than compute its answer, or whose indices lead outside.

    Raises:
        ModelRefused: the reason names the operator.
    """
    graph = model.graph
    if not graph.node or not graph.output:
        raise ModelRefused(
            "Le fichier ONNX ne contient aucun calcul : il est tronqué, ou ce n’en est pas un."
        )
    if len(graph.node) > MAX_NODES:
        most = french.counted(MAX_NODES, "opération")
        raise ModelRefused(f"Le fichier ONNX enchaîne plus de {most} : il est refusé.")
    others = sorted({opset.domain for opset in model.opset_import} - _STANDARD.keys())
    if others or model.functions or model.training_info:
        what = f"l’extension « {others[0]} »" if others else "des fonctions ou un entraînement à lui"
        raise ModelRefused(
            f"Le fichier ONNX emploie {what} : il est refusé, rien n’a été calculé. {_GENERAL}"
        )
    if graph.sparse_initializer:
        raise ModelRefused("Le fichier ONNX range ses poids en tableaux creux, que le cockpit ne lit pas.")
    for tensor in _tensors(graph):
        _check_tensor(tensor)
    for node in graph.node:
        _check_operator(node)
    _check_structure(model)
    if not sound_graph(model):
        raise ModelRefused(
            "Les arbres du fichier ONNX sont incohérents : un nœud, une feuille ou une sortie n’existe pas. "
            "Réexportez le modèle."
        )
    Widths(graph).check()


def _check_operator(node: Any) -> None:
    domain = _STANDARD.get(node.domain)
    if domain is None or node.op_type not in ALLOWED[domain]:
        name = node.op_type if domain is not None else f"{node.domain}.{node.op_type}"
        raise ModelRefused(
            f"Le fichier ONNX emploie l’opérateur « {name[:80]} », que le cockpit n’accepte pas : il est "
            f"refusé, rien n’a été calculé. {_REMEDIES.get(node.op_type, _GENERAL)}"
        )
    for attribute in node.attribute:
        if attribute.ref_attr_name or attribute.HasField("g") or attribute.graphs:
            raise ModelRefused(f"L’opérateur « {node.op_type} » du fichier ONNX contient un autre calcul.")


def _tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for attribute in (attribute for node in graph.node for attribute in node.attribute):
        if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
            raise ModelRefused(
                "Le fichier ONNX range ses poids en tableaux creux, que le cockpit ne lit pas."
            )
        if attribute.HasField("t"):
            yield attribute.t
        yield from attribute.tensors


def _check_tensor(tensor: Any) -> None:
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise ModelRefused(
            "Le fichier ONNX range ses poids dans un autre fichier : réexportez-le en un seul "
            "(onnx.save_model(modele, fichier, save_as_external_data=False))."
        )
    try:
        numpy_helper.to_array(tensor)
    except (ValueError, TypeError, LookupError, NotImplementedError) as error:
        raise ModelRefused("Un tableau du fichier ONNX est mal décrit : réexportez le modèle.") from error


def _check_structure(model: Any) -> None:
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise ModelRefused(
            "Le fichier ne suit pas le format ONNX (une opération a d’autres entrées ou réglages que ceux "
            "prévus) : réexportez le modèle."
        ) from error


def class_labels(model: Any) -> tuple[int | str, ...]:
    """Return the class labels that the graph itself names, in its own order; empty where it names none."""
    for node in model.graph.node:
        given = {item.name: helper.get_attribute_value(item) for item in node.attribute}
        if node.op_type.endswith("Classifier"):
            return tuple(
                given.get("classlabels_int64s")
                or given.get("classlabels_ints")
                or [text.decode("utf-8", "replace") for text in given.get("classlabels_strings", ())]
            )
    return ()
