"""A scoring under way in words and as a share of its whole; no Streamlit here."""

from __future__ import annotations

from api.schemas import french
from api.schemas.park import Run

# Share of a large park's scoring time that each phase takes, in order, so that the bar moves evenly.
PHASES = {
    "lecture": ("lecture des mesures", 0.15),
    "evaluation": ("évaluation", 0.45),
    "explication": ("explication", 0.15),
    "enregistrement": ("enregistrement", 0.20),
    "publication": ("publication", 0.05),
}


def share(run: Run) -> float:
    """Return how much of a scoring is done, from 0 to 1; 0 while it waits."""
    if run.phase is None:
        return 0.0
    names = list(PHASES)
    at = names.index(run.phase)
    before = sum(PHASES[name][1] for name in names[:at])
    inside = min(1.0, run.done / run.total) if run.total else 0.0
    return min(1.0, before + inside * PHASES[run.phase][1])


def stands(run: Run) -> str:
    """Say where a scoring stands: its turn, its phase, the turbines done in it."""
    if run.cancel_asked_by is not None:
        return "annulation demandée, il s’arrête à sa prochaine étape"
    if run.status == "en_attente":
        return "en attente de son tour"
    if run.phase is None:
        return "en cours"
    step = f"étape {list(PHASES).index(run.phase) + 1} sur {len(PHASES)}, {PHASES[run.phase][0]}"
    if not run.total or not run.done:
        return step
    return f"{step}, {french.counted(run.done, 'turbine')} sur {french.number(run.total)}"


def progress_words(run: Run) -> str:
    """Write the line under the bar."""
    return (
        f"Calcul du parc au {french.date(run.as_of)} : {stands(run)}. "
        "Vous pouvez quitter cette page, il continue."
    )
