"""How a person states, by each way in, how to read a file; refusals name only what must be stated.

The page and the API have controls and fields of these very names: « format des dates », « correspondance ».
"""

from __future__ import annotations

from api.domain.measurements.day_format import FIELD as DATE_FORMAT
from api.domain.shared.exceptions import FieldError, InvalidInput, UnclearFile

BY_INBOX = (
    "un fichier déposé est lu sans options : importez celui-ci par la page « Mesures » ou par la commande"
    " « data import », qui permettent de les préciser."
)


def with_remedy(refused: InvalidInput, way: str | None = None) -> InvalidInput:
    """Return the refusal with the remedies that fit it, by command unless ``way`` says another.

    Unchanged where no statement would lift it.
    """
    if not isinstance(refused, UnclearFile):
        return refused
    return InvalidInput([*refused.errors, FieldError("", way or _by_command(refused))])


def _by_command(refused: UnclearFile) -> str:
    """Return the options of the command that lift a refusal, and no others."""
    fields = {error.field for error in refused.errors}
    options = []
    if DATE_FORMAT in fields:
        options.append("--date-format FORMAT pour le format des dates")
    if fields - {DATE_FORMAT, ""}:
        options.append("--map FICHIER pour la correspondance (« data draft-map » la propose)")
    if refused.confirmable:
        options.append("--yes pour confirmer que tout est juste")
    return f"avec cette commande : {', '.join(options)}."
