"""``users`` and ``keys``: accounts of people, keys of machines."""

from __future__ import annotations

import argparse
import getpass
import sys

from api.commands.console import columns
from api.core import Core
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.schemas.vocabulary import Role, Scope


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare both commands."""
    users = commands.add_parser("users", help="comptes").add_subparsers(required=True, metavar="ACTION")
    users.add_parser("list", help="comptes et rôles").set_defaults(run=_users)
    add = users.add_parser("add", help="crée un compte (mot de passe demandé, ou lu sur l’entrée standard)")
    add.add_argument("username", metavar="IDENTIFIANT")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--display-name", metavar="NOM")
    add.set_defaults(run=_add_user)
    password = users.add_parser("password", help="change un mot de passe")
    password.add_argument("username", metavar="IDENTIFIANT")
    password.set_defaults(run=_password)
    for name, active, text in (("disable", False, "désactive"), ("enable", True, "réactive")):
        command = users.add_parser(name, help=f"{text} un compte")
        command.add_argument("username", metavar="IDENTIFIANT")
        command.set_defaults(run=_set_active, active=active)

    keys = commands.add_parser("keys", help="clés d’API").add_subparsers(required=True, metavar="ACTION")
    keys.add_parser("list", help="clés et portées").set_defaults(run=_keys)
    create = keys.add_parser("create", help="crée une clé, affichée cette seule fois")
    create.add_argument("name", metavar="NOM")
    create.add_argument("--scope", nargs="+", required=True, choices=list(Scope))
    create.set_defaults(run=_create_key)
    revoke = keys.add_parser("revoke", help="révoque une clé")
    revoke.add_argument("name", metavar="NOM")
    revoke.set_defaults(run=_revoke_key)


def _users(_arguments: argparse.Namespace, core: Core) -> int:
    rows = [(a.username, a.display_name, a.role, "oui" if a.active else "non") for a in core.accounts.all()]
    print(columns(rows, ("identifiant", "nom", "rôle", "actif")))
    return 0


def _add_user(arguments: argparse.Namespace, core: Core) -> int:
    name = arguments.display_name or arguments.username
    core.accounts.create(arguments.username, name, Role(arguments.role), _ask_password())
    print(f"Compte {arguments.username} créé ({arguments.role}).")
    return 0


def _password(arguments: argparse.Namespace, core: Core) -> int:
    core.accounts.reset_password(arguments.username, _ask_password())
    print(f"Mot de passe de {arguments.username} changé ; ses sessions sont closes.")
    return 0


def _set_active(arguments: argparse.Namespace, core: Core) -> int:
    core.accounts.change(arguments.username, active=arguments.active)
    print(f"Compte {arguments.username} {'réactivé' if arguments.active else 'désactivé'}.")
    return 0


def _ask_password() -> str:
    """Ask for a password; as an argument of the command other users of the machine could read it.

    Raises:
        InvalidInput: both entries differ.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Mot de passe : ")
    if password != getpass.getpass("Encore une fois : "):
        raise InvalidInput.single("mot de passe", "les deux saisies diffèrent.")
    return password


def _keys(_arguments: argparse.Namespace, core: Core) -> int:
    rows = [
        (
            k.name,
            " ".join(k.scopes),
            french.date(french.paris_day(k.created_at)),
            french.date(french.paris_day(k.last_used_at)) if k.last_used_at else "jamais",
            "révoquée" if k.revoked_at else "active",
        )
        for k in core.keys.all()
    ]
    print(columns(rows, ("nom", "portées", "créée le", "dernier usage", "état")))
    return 0


def _create_key(arguments: argparse.Namespace, core: Core) -> int:
    key = core.keys.create(arguments.name, arguments.scope).secret
    print(f"Clé « {arguments.name} », à copier maintenant (elle ne sera plus affichée) :\n{key}")
    return 0


def _revoke_key(arguments: argparse.Namespace, core: Core) -> int:
    core.keys.revoke(arguments.name)
    print(f"Clé « {arguments.name} » révoquée.")
    return 0
