"""The launcher's own settings, and the environments of its children.

``api.settings`` checks the rest; the launcher cannot import it, because it runs before anything is installed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from launcher.console import LauncherError

ROOT = Path(__file__).resolve().parent.parent

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.DOTALL)
_QUOTED = re.compile(r"""(?:'([^']*)'|"((?:[^"\\]|\\.)*)")\s*(?:#.*)?""")
_ESCAPES = {"n": "\n", "t": "\t"}
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - translated, not bound here

# Variables of the caller that would make the environment's Python import modules from elsewhere.
_FOREIGN_PYTHON = ("PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONUSERBASE")
_DASHBOARD_MAY_SEE = (
    *("COCKPIT_ENV", "COCKPIT_API_URL", "COCKPIT_VERSION", "COCKPIT_CLOCK"),
    *("COCKPIT_UI_", "COCKPIT_COOKIE_"),
)
_TESTS_MAY_SEE = ("COCKPIT_CLIENT_FILES", "COCKPIT_TEST_")
_CREDENTIALS = re.compile(r"^PG|SECRET|PASSWORD|TOKEN|DATABASE_URL")


def read_env_file(path: Path) -> dict[str, str]:
    """Read the ``NAME=value`` lines of a ``.env`` file (quotes, ``export``, comments); empty if absent.

    Raises:
        LauncherError: a line has another form, or the file cannot be read; values are never shown.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise LauncherError(
            f"Le fichier « {path} » est illisible ({type(error).__name__}) : "
            "enregistrez-le en UTF-8 avec le droit de lecture.",
            2,
        ) from error
    values: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        value = None if match is None else _value(match[2])
        if match is None or value is None:
            raise LauncherError(f"Fichier .env, ligne {number} : écrivez NOM=valeur (guillemets fermés).", 2)
        values[match[1]] = value
    return values


def _value(text: str) -> str | None:
    """Return the value of a right-hand side; None where a quote is not closed."""
    if text[:1] in {"'", '"'}:
        match = _QUOTED.fullmatch(text)
        if match is None:
            return None
        if match[1] is not None:
            return match[1]
        return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), match[2])
    return re.split(r"(?:^|\s+)#", text, maxsplit=1)[0].strip()


@dataclass(frozen=True)
class Settings:
    """Folders and addresses; ``variables`` is the environment merged with ``.env``."""

    variables: Mapping[str, str]
    home: Path
    venv: Path
    api_host: str
    api_port: int
    api_workers: int
    ui_host: str
    ui_port: int
    api_url: str

    @property
    def local_api_url(self) -> str:
        """The API's address on this machine; ``api_url`` may lead to it through a proxy."""
        return address(self.api_host, self.api_port)

    @property
    def ui_url(self) -> str:
        """The dashboard's address on this machine."""
        return address(self.ui_host, self.ui_port)

    def for_application(self) -> dict[str, str]:
        """Return the environment of the API, the worker and the command line."""
        resolved = {
            "COCKPIT_HOME": str(self.home),
            "COCKPIT_API_HOST": self.api_host,
            "COCKPIT_API_PORT": str(self.api_port),
            "COCKPIT_API_URL": self.api_url,
            "COCKPIT_UI_PORT": str(self.ui_port),
            "COCKPIT_API_WORKERS": str(self.api_workers),
        }
        return {**python_environment(self.variables), **resolved}

    def for_dashboard(self) -> dict[str, str]:
        """Return the dashboard's environment: the application's without secrets and the API's settings."""
        variables = {
            name: value
            for name, value in self.for_application().items()
            if not _CREDENTIALS.search(name)
            and (not name.startswith("COCKPIT_") or name.startswith(_DASHBOARD_MAY_SEE))
        }
        bypass = [variables.get("NO_PROXY", variables.get("no_proxy", "")), "127.0.0.1", "localhost", "::1"]
        variables["NO_PROXY"] = variables["no_proxy"] = ",".join(filter(None, bypass))
        return variables


def python_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return ``variables`` for a Python child: UTF-8, unbuffered, imports from its environment only."""
    kept = {name: value for name, value in variables.items() if name not in _FOREIGN_PYTHON}
    return {**kept, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1"}


def environment_for_tests(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the tests, without the person's settings, which must not change results.

    Bytecode is written, whatever the person prefers: the tests start some sixty processes, and each would
    compile the product for a second.
    """
    return {
        name: value
        for name, value in python_environment(variables).items()
        if (not name.startswith("COCKPIT_") or name.startswith(_TESTS_MAY_SEE))
        and name != "PYTHONDONTWRITEBYTECODE"
    }


def address(host: str, port: int) -> str:
    """Return the URL by which this machine reaches a server listening on ``host``."""
    host = _ANY_ADDRESS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def load_settings(environment: Mapping[str, str], root: Path = ROOT) -> Settings:
    """Return the settings of ``environment``, then of ``.env`` in ``root``; an empty value counts as absent.

    Raises:
        LauncherError: a value or a line of ``.env`` is malformed.
    """
    present = {name: value for name, value in environment.items() if value or not name.startswith("COCKPIT_")}
    variables = {**read_env_file(root / ".env"), **present}

    def text(name: str, default: str) -> str:
        return variables.get(name) or default

    api_host, api_port = text("COCKPIT_API_HOST", "127.0.0.1"), _integer(variables, "COCKPIT_API_PORT", 8000)
    return Settings(
        variables=variables,
        home=root / Path(text("COCKPIT_HOME", "var")).expanduser(),
        venv=root / Path(text("COCKPIT_VENV", ".venv")).expanduser(),
        api_host=api_host,
        api_port=api_port,
        api_workers=_integer(variables, "COCKPIT_API_WORKERS", 1, highest=64),
        ui_host=text("COCKPIT_UI_HOST", "127.0.0.1"),
        ui_port=_integer(variables, "COCKPIT_UI_PORT", 8501),
        api_url=text("COCKPIT_API_URL", address(api_host, api_port)).rstrip("/"),
    )


def process_settings() -> Settings:
    """Return the settings of this process."""
    return load_settings(os.environ)


def _integer(variables: Mapping[str, str], name: str, default: int, *, highest: int = 65535) -> int:
    text = variables.get(name) or str(default)
    if not text.strip().isdecimal() or not 1 <= int(text) <= highest:
        raise LauncherError(f"{name}={text[:20]} : donnez un nombre entier de 1 à {highest}.", 2)
    return int(text)
