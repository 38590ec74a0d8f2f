"""What people send in place of a model, told by its first bytes, and what to send instead."""

from __future__ import annotations

import re

from api.domain.shared.exceptions import ModelRefused

_TO_ONNX = "Exportez le modèle en ONNX et importez le fichier .onnx"
_STARTS: tuple[tuple[bytes, str], ...] = (
    (
        b"version https://git-lfs",
        "Ce fichier est un pointeur Git LFS, pas le modèle : récupérez le contenu par « git lfs pull », puis "
        "envoyez le fichier obtenu.",
    ),
    (
        b"\x93NUMPY",
        "Ce fichier est un tableau NumPy (.npy), pas un modèle : enregistrez l’estimateur ajusté avec "
        "joblib.dump(modele, fichier).",
    ),
    (
        b"PK\x03\x04",
        "Ce fichier est une archive (.zip, .npz, .keras, .pt ou .xlsx), pas un modèle scikit-learn : "
        f"décompressez-la. Pour Keras et PyTorch : {_TO_ONNX}.",
    ),
    (b"\x89HDF", f"Ce fichier est au format HDF5 (Keras). {_TO_ONNX}, par exemple avec tf2onnx."),
    (b"tree\n", f"Ce fichier est un modèle LightGBM en texte. {_TO_ONNX} (onnxmltools.convert_lightgbm)."),
    (b"CBM1", f"Ce fichier est un modèle CatBoost. {_TO_ONNX} : save_model(…, format='onnx')."),
    (b"binf", f"Ce fichier est un modèle XGBoost. {_TO_ONNX} (onnxmltools.convert_xgboost)."),
    (b"%PDF", "Ce fichier est un PDF, pas un modèle : envoyez celui que joblib.dump a écrit."),
    (b"PAR1", "Ce fichier est un tableau Parquet, pas un modèle : joignez-le aux mesures étiquetées."),
    (b"RDX", f"Ce fichier vient de R. {_TO_ONNX}, ou réajustez le modèle avec scikit-learn."),
)
_XGBOOST = re.compile(rb"\{[\s\S]{0,200}?learner")
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(!doctype html|html|head|body|\?xml)", re.IGNORECASE)
_SEEN = 512  # bytes


def refuse_other_kinds(data: bytes) -> None:
    """Refuse content that is known to be something else than a model.

    Args:
        data: the file, decompressed where it was compressed.

    Raises:
        ModelRefused: it names what the file is and the remedy.
    """
    start = data[:_SEEN]
    for prefix, sentence in _STARTS:
        if start.startswith(prefix):
            raise ModelRefused(sentence)
    if (markup := _MARKUP.match(start)) is not None:
        if b"xml" in markup[1].lower():
            kind = "PMML" if b"PMML" in start else "XML"
            raise ModelRefused(f"Ce fichier est du {kind}, pas un modèle enregistré. {_TO_ONNX}.")
        raise ModelRefused(
            "Ce fichier est une page HTML, pas le modèle : le lien ouvrait une page ou demandait une "
            "connexion. Téléchargez le fichier lui-même (lien « raw »), puis envoyez-le."
        )
    if _XGBOOST.match(start) is not None:
        raise ModelRefused(f"Ce fichier est un modèle XGBoost. {_TO_ONNX} (onnxmltools.convert_xgboost).")
