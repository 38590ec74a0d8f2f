"""From an ONNX file to a model that may be served: its inputs, its output, its classes, its answers.

Only the importer's child process imports this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child.graphs.candidate import GraphCandidate, require_runtime
from api.inference.importing.child.graphs.operators import check_graph, class_labels
from api.inference.importing.child.identity import failure_class, named_features
from api.inference.serving.loaded import Floats
from api.inference.serving.manifest import Task
from api.schemas import french

ALONE = 24  # rows asked one by one, to compare with the same rows among many
_SAME = 1e-6  # beyond 0–1, a rounding error in single precision
_ALONE = 1e-4  # a row in single precision, summed in another order
_TYPES = {1: "float", 11: "double"}


def open_graph(
    data: bytes,
    task: Task | None,
    positive: str | None,
    features: Sequence[str] | None,
    *,
    any_class: bool = False,
) -> tuple[GraphCandidate, Task]:
    """Check an ONNX file, then make it ready to answer.

    Args:
        data: the file.
        task: as the person declares it; None to take what its outputs show.
        positive: text of the failure class, where it is not 1.
        features: names in order, where the graph reads one table without names.
        any_class: whether either class may be the failure, as in a draft, which names none.

    Raises:
        ModelRefused: with the reason in French.
    """
    require_runtime()
    model = _parsed(data)
    check_graph(model)
    names = _features(model.graph, features)
    output = _session(data, names)
    columns = _columns(output, len(names))
    labels = class_labels(model)
    shown: Task = "classification" if columns == 2 or output.is_classifier else "regression"
    asked = task or shown
    by = " ".join(filter(None, (model.producer_name, model.producer_version)))
    by = "".join(c for c in by[:60] if c.isprintable()) or "producteur inconnu"
    if asked == "regression":
        if shown == "classification":
            raise ModelRefused("--task regression est demandé, mais ce fichier ONNX est un classifieur.")
        return GraphCandidate(names, None, None, by, data, output), asked
    wanted = str(labels[-1]) if any_class and labels else positive
    classes, failure = failure_class(tuple(labels) or (0, 1), wanted)
    if columns == 1 and classes.index(failure) != 1:
        raise ModelRefused(
            "Le fichier ONNX ne répond qu’une probabilité, prise pour celle de la panne (classe "
            f"{classes[1]}) : exportez les deux colonnes pour en désigner une autre."
        )
    return GraphCandidate(names, classes, failure, by, data, output.of_class(classes.index(failure))), asked


def _parsed(data: bytes) -> Any:
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError as error:
        raise ModelRefused(
            "Fichier ONNX tronqué ou illisible : exportez-le ou copiez-le à nouveau."
        ) from error
    return model


def _features(graph: Any, listed: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of what the graph reads: those of its inputs, or those that the person gives."""
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [tensor for tensor in graph.input if tensor.name not in weights]
    if not inputs:
        raise ModelRefused("Le fichier ONNX ne lit aucune variable.")
    shapes = [[dim.dim_value for dim in i.type.tensor_type.shape.dim] for i in inputs]
    for tensor, shape in zip(inputs, shapes, strict=True):
        _check_input(tensor, shape)
    if len(inputs) == 1:
        return named_features(None, shapes[0][1] or len(listed or ()), listed)
    if any(shape[1] != 1 for shape in shapes):
        raise ModelRefused(
            "Le fichier ONNX lit plusieurs tables : un seul tableau [n, variables] est attendu, ou une "
            "colonne [n, 1] par variable."
        )
    return named_features([tensor.name for tensor in inputs], len(inputs), listed)


def _check_input(tensor: Any, shape: Sequence[int]) -> None:
    kind = tensor.type.tensor_type.elem_type
    if kind not in _TYPES:
        name = onnx.TensorProto.DataType.Name(kind).lower() if kind else "inconnu"
        what = "du texte" if kind == onnx.TensorProto.STRING else f"le type {name}"
        raise ModelRefused(
            f"L’entrée « {tensor.name[:80]} » du fichier ONNX attend {what} ; le cockpit donne des nombres "
            "réels : exportez-le avec des entrées float ou double."
        )
    if len(shape) != 2:
        raise ModelRefused(
            f"L’entrée « {tensor.name[:80]} » du fichier ONNX n’est pas un tableau à deux dimensions [n, "
            "variables]."
        )
    if shape[0]:
        raise ModelRefused(
            f"Le fichier ONNX n’accepte que {french.counted(shape[0], 'ligne')} à la fois : exportez-le avec "
            "un nombre de lignes libre (dynamic_axes dans PyTorch, None dans les autres outils)."
        )


def _session(data: bytes, names: tuple[str, ...]) -> Any:
    from api.inference.serving.onnx_output import RUNTIME_ERRORS, OnnxOutput  # noqa: PLC0415 - no wheel everywhere

    try:
        return OnnxOutput(data, names, None)
    except LookupError as error:
        raise ModelRefused(
            f"Le fichier ONNX a plusieurs sorties de nombres ({error.args[0]}) : gardez-en une seule, ou "
            "nommez celle des probabilités « probabilities »."
        ) from error
    except RUNTIME_ERRORS as error:
        raise ModelRefused(
            "onnxruntime ne sait pas exécuter ce fichier ONNX : un opérateur ou une version (opset) lui est "
            "inconnu. Exportez-le pour un opset plus ancien, par exemple 17."
        ) from error


def _columns(output: Any, features: int) -> int:
    """Return how many numbers the model answers per row: 1 or 2."""
    shape = _asked(output.table, np.zeros((3, features))).shape
    if shape in {(3,), (3, 1)}:
        return 1
    if shape == (3, 2):
        return 2
    words = french.counted(shape[1], "nombre") if len(shape) == 2 and shape[0] == 3 else "autre chose"
    raise ModelRefused(
        f"Le fichier ONNX répond {words} par ligne : un nombre est attendu, ou deux probabilités pour un "
        "classifieur."
    )


def _asked(call: Callable[[Floats], Any], rows: Floats) -> Any:
    from api.inference.serving.onnx_output import RUNTIME_ERRORS  # noqa: PLC0415

    try:
        return call(rows)
    except RUNTIME_ERRORS as error:
        raise ModelRefused(
            f"Le fichier ONNX échoue à répondre pour {french.counted(len(rows), 'ligne')} : une de ses "
            "opérations ne convient pas à ces dimensions, ou demande trop de mémoire."
        ) from error


def prove_graph(candidate: GraphCandidate, rows: Floats, many: Floats) -> float:
    """Make the model answer rows alone, among others, and many at once.

    Args:
        candidate: to try.
        rows: (n, k) rows in range.
        many: as many rows as the largest call of the service.

    Returns:
        The largest difference between a row's answer alone and among others.

    Raises:
        ModelRefused: it fails, answers no finite number or no probability, or lets one row change another's.
    """
    call = candidate.output.unbounded
    answered = _asked(call, rows)
    alone = np.concatenate([_asked(call, rows[i : i + 1]) for i in range(min(ALONE, len(rows)))])
    if not np.isfinite(answered).all():
        raise ModelRefused(
            "Le fichier ONNX ne répond pas un nombre fini à chaque ligne : une de ses fonctions (logarithme, "
            "racine, division) n’est pas définie partout. Bornez ses entrées avant l’export."
        )
    if candidate.classes is not None and not ((answered >= -_SAME) & (answered <= 1 + _SAME)).all():
        raise ModelRefused(
            "Le fichier ONNX répond des nombres hors de 0–1 : ce ne sont pas des probabilités. Ajoutez la "
            "sigmoïde ou le softmax avant l’export."
        )
    difference = float(np.abs(answered[: len(alone)] - alone).max())
    if difference > _ALONE * max(1.0, float(np.abs(alone).max())):
        raise ModelRefused(
            "La réponse du fichier ONNX à une ligne dépend des autres lignes du même appel : elle ne vaut "
            "pas pour une turbine seule. Exportez-le en mode évaluation."
        )
    _asked(call, many)
    return difference
