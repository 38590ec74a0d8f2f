"""How a person states, by each way in, how to read a file; refusals name only what must be stated.

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
    """Return the refusal with its remedy; unchanged where no statement would lift it."""
    if not isinstance(refused, UnclearFile):
        return refused
    return InvalidInput([*refused.errors, FieldError("", remedy)])
