"""The commands behind ``cockpit.py``: ``python -m api.cli COMMAND``."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from types import ModuleType

from pydantic import ValidationError

from api.commands import accounts, audit, data, health, models, prepare, quality, score
from api.commands.console import FrenchParser, say
from api.core import build_core
from api.domain.shared.exceptions import CockpitError
from api.settings import Settings

INTERRUPTED = 130


SERVED: tuple[ModuleType, ...] = (prepare, data, models, score, quality, accounts, audit, health)


def build_parser(modules: Sequence[ModuleType] = SERVED) -> FrenchParser:
    """Return a parser with the commands of some modules."""
    parser = FrenchParser(prog="cockpit.py", description="Cockpit de maintenance prédictive d’EnergiTech")
    commands = parser.add_subparsers(required=True, metavar="COMMANDE")
    for module in modules:
        module.register(commands)
    return parser


def main(argv: Sequence[str] | None = None, modules: Sequence[ModuleType] = SERVED) -> int:
    """Run one command; return 0 on success, 1 on an expected error, which is shown in one French line."""
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    arguments = build_parser(modules).parse_args(argv)
    try:
        core = build_core(_settings())
        try:
            prepare.ensure_schema(core)
            return int(arguments.run(arguments, core))
        finally:
            core.close()
    except CockpitError as error:
        say(error.detail)
        return 1
    except KeyboardInterrupt:
        say("Interrompu.")
        return INTERRUPTED


def _settings() -> Settings:
    """Return the settings.

    Raises:
        CockpitError: values are malformed or unsafe; its text names the settings, never the values.
    """
    try:
        return Settings()
    except ValidationError as error:
        sentences = [
            f"COCKPIT_{'_'.join(map(str, e['loc'])).upper()} : {e['msg']}" if e["loc"] else e["msg"]
            for e in error.errors(include_input=False, include_url=False)
        ]
        raise CockpitError("Réglages refusés : " + " ; ".join(sentences)) from error


if __name__ == "__main__":
    sys.exit(main())
