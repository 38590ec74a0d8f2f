"""Questions put to a freshly started API from inside its container; the first wrong answer ends it.

    docker compose exec -T api python - < deploy/smoke.py

``COCKPIT_VERSION`` holds what ``/version`` must say, ``SMOKE_URL`` another address than the container's own.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request

BASE = os.environ.get("SMOKE_URL", "http://127.0.0.1:8000")


def ask(path: str) -> tuple[int, object]:
    """Status and decoded body of one GET."""
    try:
        with urllib.request.urlopen(BASE + path, timeout=10) as answer:  # noqa: S310 - an address of ours
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def main() -> int:
    """0 where every answer is the expected one, else 1."""
    expected = {
        "/health": (200, {"status": "ok"}),
        "/version": (200, os.environ["COCKPIT_VERSION"]),
        "/ready": (200, None),
        "/openapi.json": (200, None),
        "/api/v1/park": (401, None),
    }
    wrong = 0
    for path, (status, body) in expected.items():
        got = ask(path)
        good = got[0] == status and body in (None, got[1])
        wrong += not good
        sys.stdout.write(
            f"{'ok ' if good else 'NON'} {path} : {got[0]}{'' if good else f' {str(got[1])[:500]}'}\n"
        )
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
