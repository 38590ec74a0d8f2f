"""``data``: what contradicts, and the acts that take rows out, undo an import, or bring rows back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date

from api.commands.console import columns, say
from api.core import Core
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.schemas.common import MAX_REASON, MIN_REASON
from api.schemas.corrections import ChosenRow, CorrectionAct, Withdrawal
from api.services.shared.audit import COMMAND_LINE

SHOWN = 50
_ROWS = ("Numéro", "Turbine", "Mesurée le", "Import", "Retrait", "Valeurs")


def register(data: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    listed = data.add_parser("contradictions", help="mesures d’un même instant qui se contredisent")
    listed.set_defaults(run=_contradictions)
    rows = data.add_parser("rows", help="lignes d’une turbine, un jour, avec leur numéro")
    rows.add_argument("turbine", metavar="TURBINE")
    rows.add_argument("day", type=date.fromisoformat, metavar="AAAA-MM-JJ")
    rows.set_defaults(run=_rows)
    keep = data.add_parser("keep", help="choisit ce qui vaut parmi des mesures contradictoires")
    which = keep.add_mutually_exclusive_group(required=True)
    which.add_argument("--row", type=_number, metavar="N", help="numéro de la ligne à garder")
    which.add_argument(
        "--import", dest="of_import", type=_number, metavar="N", help="garde celles d’un import"
    )
    withdraw = data.add_parser("withdraw", help="retire des lignes ; elles restent en base, marquées")
    withdraw.add_argument("numbers", type=_number, nargs="+", metavar="N", help="numéros des lignes")
    undo = data.add_parser("undo", help="annule un import en entier")
    undo.add_argument("number", type=_number, metavar="N", help="numéro de l’import")
    for act, run in ((keep, _keep), (withdraw, _withdraw), (undo, _undo)):
        act.add_argument("--reason", required=True, metavar="MOTIF", help="conservé avec l’acte")
        act.add_argument("--yes", action="store_true", help="sans demander confirmation")
        act.set_defaults(run=run)
    restore = data.add_parser("restore", help="rétablit les lignes d’un retrait")
    restore.add_argument("number", type=_number, metavar="N", help="numéro du retrait")
    restore.add_argument("--reason", required=True, metavar="MOTIF", help="conservé avec l’acte")
    restore.set_defaults(run=_restore)
    acts = data.add_parser("withdrawals", help="retraits et imports annulés")
    acts.set_defaults(run=_acts)


def _number(text: str) -> int:
    number = int(text)
    if not 0 < number < 2**31:
        raise ValueError(text)
    return number


def _contradictions(_arguments: argparse.Namespace, core: Core) -> int:
    page = core.corrections.contradictions(SHOWN)
    print(_table([row for waiting in page.items for row in waiting.rows]))
    waits = f"{french.counted(page.total, 'contradiction')} à trancher"
    how = " : « python cockpit.py data keep --row N --reason MOTIF » garde une ligne" if page.total else ""
    say(f"{waits}{how}.")
    return 0


def _rows(arguments: argparse.Namespace, core: Core) -> int:
    print(_table(core.corrections.rows(arguments.turbine, arguments.day)))
    return 0


def _table(rows: Sequence[ChosenRow]) -> str:
    cells = [
        (
            row.measurement_id,
            row.turbine_id,
            french.date(row.measured_at or row.measured_on),
            row.import_id or "",
            row.withdrawal or "",
            ", ".join(f"{name} {french.exact(value, 6)}" for name, value in sorted(row.values.items())),
        )
        for row in rows
    ]
    return columns(cells, _ROWS)


def _keep(arguments: argparse.Namespace, core: Core) -> int:
    act = CorrectionAct(keep_row=arguments.row, keep_import=arguments.of_import)
    return _carry_out(arguments, core, act)


def _withdraw(arguments: argparse.Namespace, core: Core) -> int:
    return _carry_out(arguments, core, CorrectionAct(rows=arguments.numbers))


def _undo(arguments: argparse.Namespace, core: Core) -> int:
    return _carry_out(arguments, core, CorrectionAct(undo_import=arguments.number))


def _carry_out(arguments: argparse.Namespace, core: Core, act: CorrectionAct) -> int:
    """Say what an act would do, ask, and do it."""
    reason = _reason(arguments)
    say(core.corrections.preview(act).sentence)
    if not arguments.yes and not _confirmed():
        say("Rien n’est changé.")
        return 1
    print(_said(core.corrections.carry_out(act, reason, by=COMMAND_LINE)))
    return 0


def _reason(arguments: argparse.Namespace) -> str:
    reason: str = arguments.reason.strip()
    if not MIN_REASON <= len(reason) <= MAX_REASON:
        expected = f"un motif de {MIN_REASON} à {french.counted(MAX_REASON, 'caractère')} est attendu."
        raise InvalidInput.single("--reason", expected, reason)
    return reason


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise InvalidInput.single("--yes", "sans terminal, cette option confirme l’acte.")
    return input("Continuer ? (oui/non) ").strip().casefold() in {"o", "oui"}


def _restore(arguments: argparse.Namespace, core: Core) -> int:
    print(_said(core.corrections.restore(arguments.number, _reason(arguments), by=COMMAND_LINE)))
    return 0


def _acts(_arguments: argparse.Namespace, core: Core) -> int:
    page = core.corrections.acts(SHOWN)
    print("\n".join(map(_said, page.items)))
    say(f"{french.counted(len(page.items), 'retrait')} sur {french.number(page.total)}.")
    return 0


def _said(act: Withdrawal) -> str:
    """Write one act in one line."""
    rows = french.counted(int(act.effect.get("rows", 0)), "ligne")
    what = f"import n° {act.import_id} annulé, {rows}" if act.kind == "import" else rows
    words = f"Retrait n° {act.withdrawal_id} du {french.date(act.withdrawn_at)} : {what} ({act.reason})"
    if act.restored_at is not None:
        return f"{words} ; rétabli le {french.date(act.restored_at)} ({act.restored_reason})"
    days = int(act.effect.get("days_to_score") or 0)
    return f"{words} ; {french.counted(days, 'jour')} à calculer à nouveau" if days else words
