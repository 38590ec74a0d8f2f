"""Write the secrets that compose.yaml mounts, unless they exist.

    python deploy/make_secrets.py [--postgresql] [FOLDER]

With --postgresql, write also those of deploy/compose.postgresql.yaml: a password, and the database's address,
which contains it. FOLDER is ``var/secrets`` by default; tell Compose another one in ``COCKPIT_SECRETS``. A
container reads each file as user 10001, so the files are readable by all, but their folder is not.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

NAMES = ("cockpit_secret_key", "cockpit_cookie_key", "cockpit_store_key")
POSTGRESQL = ("cockpit_database_password", "cockpit_database_url")
FOLDER = Path(__file__).resolve().parent.parent / "var" / "secrets"


def write_missing(folder: Path, names: Sequence[str] = NAMES) -> list[str]:
    """Write the missing secrets and return their names; existing ones stay."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    written = []
    for name in names:
        path = folder / name
        if not path.exists():
            path.write_text(_secret(folder, name), encoding="ascii")
            path.chmod(0o444)
            written.append(name)
    return written


def _secret(folder: Path, name: str) -> str:
    if name != "cockpit_database_url":
        return secrets.token_urlsafe(48)
    password = (folder / "cockpit_database_password").read_text(encoding="ascii")
    return f"postgresql://cockpit:{password}@postgres/cockpit"


if __name__ == "__main__":
    folders = [argument for argument in sys.argv[1:] if argument != "--postgresql"]
    names = (*NAMES, *POSTGRESQL) if "--postgresql" in sys.argv else NAMES
    target = Path(folders[0]) if folders else FOLDER
    made = write_missing(target, names)
    sys.stdout.write(f"{target} : {', '.join(made) if made else 'rien à faire, les secrets existent déjà'}\n")
