"""``audit``: read the audit trail, and verify it."""

from __future__ import annotations

import argparse
import json

from api.commands.console import columns
from api.core import Core
from api.schemas import french
from api.services.shared.audit import AuditQuery

MOST = 10_000


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare both actions."""
    audit = commands.add_parser("audit", help="journal d’audit").add_subparsers(
        required=True, metavar="ACTION"
    )
    listed = audit.add_parser("list", help="les derniers actes, le plus récent d’abord")
    listed.add_argument("--limit", type=_count, default=50, metavar="N", help="entrées affichées (50)")
    listed.set_defaults(run=_list)
    audit.add_parser(
        "verify", help="recalcule la chaîne ; 1 si une entrée a été changée ou retirée"
    ).set_defaults(run=_verify)


def _list(arguments: argparse.Namespace, core: Core) -> int:
    page = core.audit.page(AuditQuery(limit=arguments.limit))
    rows = [
        (
            entry.id,
            french.stamp(entry.at),
            entry.actor,
            entry.action,
            f"{entry.object_kind} {entry.object_id}",
            json.dumps(entry.details, ensure_ascii=False) if entry.details else "",
        )
        for entry in page.items
    ]
    print(columns(rows, ("n°", "quand", "qui", "quoi", "sur", "détail")))
    return 0


def _verify(_arguments: argparse.Namespace, core: Core) -> int:
    chain = core.audit.verify()
    if not chain.intact:
        print(f"Chaîne rompue à l’entrée n° {chain.broken_at} : {chain.reason}")
        return 1
    entries = french.counted(chain.entries, "entrée")
    print(f"{entries}, chaîne intacte. Empreinte de la dernière : {chain.head or 'aucune'}")
    return 0


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"de 1 à {MOST}")
    return number
