"""Write the two secrets that compose.yaml mounts, where they do not exist yet.

    python deploy/make_secrets.py [FOLDER]

FOLDER is ``var/secrets`` by default; another one is given to Compose in ``COCKPIT_SECRETS``. A container
mounts each file with its own mode and reads it as user 10001: files are readable by all, their folder is not.
"""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

NAMES = ("cockpit_secret_key", "cockpit_cookie_key")
FOLDER = Path(__file__).resolve().parent.parent / "var" / "secrets"


def write_missing(folder: Path) -> list[str]:
    """Names of the secrets written; those already there are left as they are."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    written = []
    for name in NAMES:
        path = folder / name
        if not path.exists():
            path.write_text(secrets.token_urlsafe(48), encoding="ascii")
            path.chmod(0o444)
            written.append(name)
    return written


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    made = write_missing(target)
    sys.stdout.write(f"{target} : {', '.join(made) if made else 'rien à faire, les secrets existent déjà'}\n")
