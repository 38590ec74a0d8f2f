"""The true reason why a file that names something off the list is refused, with the remedy that fits."""

from __future__ import annotations

import re
from importlib.metadata import version

from api.inference.serving.allowlist import HINTS, LIBRARY_HINTS

_LIBRARY = "scikit-learn"
# The key that scikit-learn writes into every estimator, then its value, in any protocol.
_WRITTEN_BY = re.compile(
    rb"_sklearn_version[\s\S]{1,14}?(\d+(?:\.\d+)+(?:rc\d+|[ab]\d+|\.post\d+|\.dev\d+)?)"
)
# Names that only protocols 0 to 2 write.
_OLD_FORMAT = frozenset(
    {"copy_reg._reconstructor", "copyreg._reconstructor"}
    | {f"__builtin__.{name}" for name in ("bool", "bytearray", "float", "int", "object", "set", "slice")}
)
_OWN_CODE = ("__main__.", "__mp_main__.")


def refusal_of(name: str, data: bytes) -> str:
    """Return the refusal of a file by a name off the list.

    Args:
        name: dotted.
        data: the decompressed file.
    """
    if name in _OLD_FORMAT:
        return (
            "Le fichier est un pickle d’un ancien protocole (0, 1 ou 2), que le cockpit ne lit pas : rien "
            "n’a été exécuté. Réenregistrez le modèle avec joblib.dump(modele, fichier), sans préciser de "
            "protocole."
        )
    refused = (
        f"Le fichier fait appel à « {name} », qui n’est pas dans la liste des classes et fonctions "
        "autorisées : il est refusé, rien n’a été exécuté."
    )
    hint = HINTS.get(name) or LIBRARY_HINTS.get(name.partition(".")[0])
    if name.startswith(_OWN_CODE):
        hint = "C’est du code à vous : enregistrez un estimateur fait des seules classes de scikit-learn."
    if hint is None and name.startswith("sklearn.") and (others := _other_versions(data)):
        installed = version(_LIBRARY)
        return (
            f"Le fichier a été écrit par scikit-learn {others} ; la version installée est {installed}, qui "
            f"n’a pas sa classe « {name} ». Réexportez le modèle avec scikit-learn {installed} ; rien n’a "
            "été exécuté."
        )
    return f"{refused} {hint}" if hint else refused


def _other_versions(data: bytes) -> str:
    """Return the other versions of scikit-learn that the file names; empty if there are none."""
    written = {match.decode() for match in _WRITTEN_BY.findall(data)}
    return ", ".join(sorted(written - {version(_LIBRARY)}))
