"""French texts of a model's import: the checks, their results, and the remedies of a refusal."""

from __future__ import annotations

import re

from api.inference.importing.steps import Step
from api.inference.serving.manifest import Manifest
from api.schemas import french

NAMES = {
    Step.CONTENU: "Le contenu du fichier n’appelle rien de dangereux",
    Step.ESTIMATEUR: "C’est un modèle ajusté, avec ses variables et ses classes",
    Step.MESURES: "Les mesures étiquetées se lisent",
    Step.SORTIES: "Il répond un nombre juste à chaque ligne",
    Step.RAPIDE: "Recherche d’un moteur rapide qui répond de même",
    Step.QUALITE: "Qualité mesurée sur des lignes jamais vues",
    Step.RANGEMENT: "Rangement de la version",
}
# The importer's sentences name the command's options; here they are fields of a form.
_FIELDS = {
    "positive": "« Classe qui désigne la panne » (positive)",
    "features": "« Variables, dans l’ordre » (features)",
    "golden": "« Sorties enregistrées » (golden)",
    "labelled": "« Mesures étiquetées » (labelled)",
    "split": "« Lignes jamais vues » (split)",
    "manifest": "« Manifeste » (manifest)",
    "reported": "« Chiffres annoncés » (reported)",
}
_OPTION = re.compile(r"--(" + "|".join(_FIELDS) + r")\b")
_REMEDIES = (
    ("en onnx et importez", "Envoyez le fichier .onnx obtenu."),
    ("onnx", "Exportez le modèle comme dit ci-dessus, puis envoyez le nouveau fichier."),
    ("pointeur git lfs", "Récupérez le modèle par « git lfs pull », puis envoyez-le."),
    ("page html", "Téléchargez le fichier lui-même, puis envoyez-le."),
    ("catégories en texte", "Codez-les en nombres avant fit, puis envoyez le nouveau modèle."),
    ("certaines valeurs", "Bornez ce que lit cette fonction, ou joignez un manifeste avec les bornes."),
    ("best_estimator_", "Enregistrez best_estimator_, puis envoyez-le."),
    ("imbalanced-learn", "Enregistrez l’estimateur du pipeline, puis envoyez-le."),
    ("ancien protocole", "Réenregistrez-le avec joblib.dump, puis envoyez-le."),
    ("pas dans la liste", "Enregistrez l’estimateur seul, sans objet ni fonction de votre propre code."),
    ("n’a pas été ajusté", "Appelez fit avant d’enregistrer le modèle."),
    ("--positive", f"Remplissez le champ {_FIELDS['positive']} et envoyez à nouveau."),
    ("--features", f"Remplissez le champ {_FIELDS['features']} et envoyez à nouveau."),
    ("--golden", f"Joignez le fichier {_FIELDS['golden']}, ou réexportez le modèle."),
    ("écrit par scikit-learn", "Réexportez-le avec la version installée, puis envoyez le nouveau fichier."),
    ("vide", "Copiez le fichier à nouveau depuis son origine, ou réexportez-le avec joblib.dump."),
    ("tronqué", "Copiez le fichier à nouveau depuis son origine, ou réexportez-le avec joblib.dump."),
    ("illisible", "Copiez le fichier à nouveau depuis son origine, ou réexportez-le avec joblib.dump."),
    ("interrompu", "Réduisez le modèle (moins d’arbres, moins profonds) ou réexportez-le, puis réessayez."),
    ("n’a pas fini", "Réduisez le modèle (moins d’arbres, moins profonds), puis réessayez."),
)
_REMEDY = "Corrigez le fichier ou les champs du formulaire, puis envoyez à nouveau : rien n’a été gardé."


def in_a_form(sentence: str) -> str:
    """Replace the command's options in an importer's sentence by the fields of the form."""
    return _OPTION.sub(lambda option: _FIELDS[option[1]], sentence)


def remedy_of(refusal: str) -> str:
    """Return the remedy of a refusal, from the importer's words."""
    lowered = refusal.casefold()
    return next((words for sign, words in _REMEDIES if sign in lowered), _REMEDY)


def check_results(manifest: Manifest) -> dict[str, str]:
    """Return the result of each check, by step."""
    data, runtime = manifest.data, manifest.runtime
    rows = "aucune jointe : le modèle n’est ni mesuré ni expliqué."
    if data.rows is not None:
        rows = f"{french.counted(data.rows, 'ligne')}. {data.split}"
    proof = "" if manifest.golden is None else " Les sorties enregistrées sont redonnées."
    engine = "moteur compilé (ONNX)" if runtime.compiled else "scikit-learn"
    checked = "toutes ses opérations sont" if manifest.served_as_it_came else "tous ses appels sont"
    return {
        Step.CONTENU: f"{checked} dans la liste autorisée.",
        Step.ESTIMATEUR: f"{manifest.estimator}, {french.counted(len(manifest.features), 'variable')}.",
        Step.MESURES: rows,
        Step.SORTIES: f"mêmes réponses sur {french.counted(runtime.rows_compared, 'ligne')}.{proof}",
        Step.RAPIDE: f"servi par {engine}. {runtime.reason}",
        Step.QUALITE: " ".join(manifest.gate.reasons),
        Step.RANGEMENT: f"{manifest.name} version {manifest.version}.",
    }
