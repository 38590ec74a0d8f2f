"""The application under test: real services on a fresh, migrated SQLite, asked through ASGI."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio.from_thread
import httpx
import jwt
import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI

from api.bootstrap import Services
from api.core import Core
from api.main import create_app
from api.schemas.typesetting import typeset
from api.schemas.vocabulary import Role
from api.services.people.accounts import AccountService
from api.services.people.keys import KeyService
from api.settings import Settings
from api.storage import migrate
from api.storage import policy as policies
from api.storage.shared.database import Database
from tests.support.client import DATABASE_FILE, new_core, settings_in
from tests.support.words import plain

PASSWORD = "un mot de passe assez long"
CLAIMS: dict[str, Any] = {
    "sub": "1",
    "sid": 1,
    "role": "admin",
    "ver": 1,
    "iss": "cockpit",
    "aud": "cockpit-api",
    "jti": "x",
}


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem of a refused request, its shape and its spaces checked, then with ordinary spaces."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    superseded = {"version", "changes"} if body["type"].endswith(":version-depassee") else set()
    assert set(body) == {"type", "title", "status", "detail", "request_id", "errors"} | superseded
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    for said, name in [(body, "detail"), *((error, "message") for error in body["errors"])]:
        assert typeset(said[name]) == said[name]
        said[name] = plain(said[name])
    return body


def forged(secret: str, algorithm: str, **changes: Any) -> dict[str, str]:
    """Headers of a token made by hand, as an attacker or an old server would."""
    now = datetime.now(UTC)
    claims = CLAIMS | {"iat": now, "exp": now + timedelta(minutes=5)} | changes
    return {"Authorization": f"Bearer {jwt.encode(claims, secret, algorithm)}"}


@dataclass
class Api:
    """A started application and a plain way to ask it."""

    app: FastAPI
    settings: Settings
    portal: BlockingPortal
    client: httpx.AsyncClient
    names: dict[Role, str] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        """What the application runs on."""
        services: Services = self.app.state.services
        return services

    @property
    def accounts(self) -> AccountService:
        """Accounts, as the command line manages them."""
        return self.services.core.accounts

    @property
    def keys(self) -> KeyService:
        """Keys, as the command line manages them."""
        return self.services.core.keys

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Send one request and wait for its answer."""
        return self.portal.call(partial(self.client.request, method, url, **options))

    def get(self, url: str, **options: Any) -> httpx.Response:
        """GET."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        """POST."""
        return self.request("POST", url, **options)

    def sign_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        """The answer to a password."""
        return self.post("/api/v1/auth/token", data={"username": username, "password": password})

    def session(self, role: str) -> dict[str, Any]:
        """Sign in with that role and return the whole token; the account is made at first use."""
        wanted = Role(role)
        if wanted not in self.names:
            self.names[wanted] = f"essai.{role}"
            self.accounts.create(self.names[wanted], f"Essai {role}", wanted, PASSWORD)
        answer = self.sign_in(self.names[wanted])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def login(self, role: str) -> dict[str, str]:
        """Headers of a person with that role."""
        return {"Authorization": f"Bearer {self.session(role)['access_token']}"}

    def api_key(self, scopes: Sequence[str], name: str | None = None) -> dict[str, str]:
        """Headers of a machine with those scopes."""
        return {"X-API-Key": self.keys.create(name or "+".join(scopes), scopes).secret}

    def logged(self) -> list[dict[str, Any]]:
        """The call log, newest first, once all that was asked so far is written."""
        self.services.committer.stop()
        self.services.committer.start()
        return [item.model_dump() for item in self.services.calls.newest(1_000, 0).items]


Configure = Callable[[FastAPI], None]
MakeApi = Callable[..., Api]


@contextmanager
def running(settings: Settings, configure: Configure | None = None) -> Iterator[Api]:
    """An application from its start to its stop.

    Args:
        settings: of the application; its database stands already.
        configure: adds routes for the test before the start.
    """
    app = create_app(settings)
    _reuse_routes(app)
    if configure is not None:
        configure(app)
    with ExitStack() as stack:
        portal = stack.enter_context(anyio.from_thread.start_blocking_portal("asyncio"))
        stack.enter_context(portal.wrap_async_context_manager(app.router.lifespan_context(app)))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api")
        yield Api(app, settings, portal, client)


_ROUTES: dict[int, Any] = {}


def _reuse_routes(app: FastAPI) -> None:
    """Give the application the routes of the first one, by router.

    FastAPI works them out at an application's first requests, a tenth of a second each time for the same.
    """
    routes = app.router.routes
    for place, route in enumerate(routes):
        if (router := getattr(route, "original_router", None)) is not None:
            routes[place] = _ROUTES.setdefault(id(router), route)


@pytest.fixture(scope="module")
def scored(core: Core) -> Iterator[Api]:
    """The application on the module's own ``core``."""
    with running(core.settings) as api:
        yield api


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with the first policy, to be copied."""
    settings = settings_in(tmp_path_factory.mktemp("migrated"))
    database = Database.at(settings.url)
    migrate.upgrade(database)
    with database.write() as connection:
        policies.ensure_first(connection, now=settings.now())
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.close()
    return settings.home / "cockpit.db"


@pytest.fixture
def home(tmp_path: Path, migrated: Path) -> Path:
    """A ``COCKPIT_HOME`` of the test's own, its database migrated."""
    if (tmp_path / DATABASE_FILE).exists():
        new_core(tmp_path).close()
    else:
        shutil.copy(migrated, tmp_path / "cockpit.db")
    return tmp_path


@pytest.fixture
def make_api(home: Path) -> Iterator[MakeApi]:
    """Starts applications on the test's home: ``make_api(configure=…, env=…)``."""
    with ExitStack() as stack:

        def make(configure: Configure | None = None, **changed: Any) -> Api:
            settings = settings_in(home).model_copy(update=changed)
            return stack.enter_context(running(settings, configure))

        yield make


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    """One started application with nothing in it."""
    return make_api()
