"""How a person says, by each way in, how a file is to be read; refusals only name what must be said.

The page and the API have controls and fields of these very names: « format des dates », « correspondance ».
"""

from __future__ import annotations

from api.domain.shared.exceptions import FieldError, InvalidInput, UnclearFile

BY_COMMAND = (
    "avec cette commande : --date-format FORMAT pour le format des dates, --map FICHIER pour la"
    " correspondance, --yes pour confirmer les valeurs."
)
BY_INBOX = (
    "un fichier déposé est lu sans options : importez celui-ci par la page « Mesures » ou par la commande"
    " « data import », qui permettent de les préciser."
)


def with_remedy(refused: InvalidInput, remedy: str) -> InvalidInput:
    """The refusal with how to lift it; as it is where nothing that is said would lift it."""
    if not isinstance(refused, UnclearFile):
        return refused
    return InvalidInput([*refused.errors, FieldError("", remedy)])
