"""Check a freshly started API from inside its container.

    docker compose exec -T api python - < deploy/smoke.py

``COCKPIT_VERSION`` is the expected answer of ``/version``; ``SMOKE_URL`` replaces the container's address.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request

BASE = os.environ.get("SMOKE_URL", "http://127.0.0.1:8000")


def ask(path: str) -> tuple[int, object]:
    """Return status and decoded body of one GET."""
    try:
        with urllib.request.urlopen(BASE + path, timeout=10) as answer:  # noqa: S310 - an address of ours
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def main() -> int:
    """Print every answer's verdict; return 0 where all are as expected, else 1."""
    expected = {
        "/health": (200, {"status": "ok"}),
        "/version": (200, os.environ["COCKPIT_VERSION"]),
        "/ready": (200, None),
        "/openapi.json": (200, None),
        "/api/v1/park": (401, None),
    }
    wrong = 0
    for path, (status, body) in expected.items():
        answered, content = ask(path)
        good = answered == status and body in (None, content)
        wrong += not good
        sys.stdout.write(
            f"{'ok ' if good else 'NON'} {path} : {answered}{'' if good else f' {str(content)[:500]}'}\n"
        )
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
