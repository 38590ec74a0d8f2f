"""The only HTTP of the dashboard: one typed method per call of the API, one error class.

Streamlit is unknown here. The client holds who is logged in and renews the short access token by itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import requests
from pydantic import ValidationError
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from api.schemas.auth import Token, User
from api.schemas.changes import ParkEvents
from api.schemas.common import Page
from api.schemas.measurements import Coverage, ImportJob, ImportPreview, ImportReport, ImportSummary
from api.schemas.park import Park, Run
from api.schemas.predictions import Prediction
from api.schemas.supervision import CallLog, Supervision
from ui.client.api_error import ApiError
from ui.client.base import Answer, Query
from ui.client.cards import CardCalls
from ui.client.interventions import InterventionCalls
from ui.client.measure_file import MeasureFile
from ui.client.models import ModelCalls
from ui.client.people import AccountCalls
from ui.client.plan import PlanCalls
from ui.client.policy import PolicyCalls
from ui.client.quality import QualityCalls
from ui.client.runs import RunCalls
from ui.client.turbines import TurbineCalls

PREFIX = "/api/v1"
PARK_LIMIT = 10_000  # the most that one call answers
CONNECT_S, READ_S = 2.0, 15.0
UPLOAD_S = 180.0  # a workbook of the largest size is read whole before the answer
RENEW_BEFORE_S = 30.0
REQUEST_ID = "X-Request-ID"
# What is asked before anybody is known, or to end a session: the access token has no place there.
OPEN = frozenset({f"{PREFIX}/auth/token", f"{PREFIX}/auth/refresh", f"{PREFIX}/auth/logout"})
ACCEPTED = 202


@dataclass(frozen=True)
class Session:
    """Who is logged in, with what the API wants to see."""

    user: User
    access_token: str
    refresh_token: str
    renew_at: float
    ends_at: datetime

    @classmethod
    def of(cls, token: Token) -> Session:
        """The session that a fresh token opens; the clock is this process's monotonic one."""
        renew_at = time.monotonic() + token.expires_in - RENEW_BEFORE_S
        return cls(token.user, token.access_token, token.refresh_token, renew_at, token.session_expires_at)


class ApiClient(
    ModelCalls, CardCalls, QualityCalls, InterventionCalls, TurbineCalls, PolicyCalls, AccountCalls,
    RunCalls, PlanCalls,
):  # fmt: skip
    """Calls of one person of the dashboard to the API."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.session: Session | None = None
        self._http = requests.Session()
        # Only reading is repeated: a prediction or a run asked twice would be logged or done twice.
        again = Retry(
            total=2,
            backoff_factor=0.1,
            status_forcelist=(502, 504),
            allowed_methods={"GET"},
            raise_on_status=False,
        )
        self._http.mount("http://", HTTPAdapter(max_retries=again))
        self._http.mount("https://", HTTPAdapter(max_retries=again))

    # Who calls

    def login(self, username: str, password: str) -> User:
        """Opens a session.

        Raises:
            ApiError: 401 for wrong credentials, 429 when the account is locked for a while.
        """
        self.session = None
        form = {"username": username, "password": password}
        self.session = Session.of(self._parse(self._send("POST", f"{PREFIX}/auth/token", data=form), Token))
        return self.session.user

    def resume(self, refresh_token: str) -> User:
        """Takes up a session that was opened earlier, in this browser.

        Raises:
            ApiError: 401 when it has ended.
        """
        body = {"refresh_token": refresh_token}
        self.session = Session.of(self._parse(self._send("POST", f"{PREFIX}/auth/refresh", json=body), Token))
        return self.session.user

    def logout(self) -> None:
        """Ends the session, here and at the API."""
        ended, self.session = self.session, None
        if ended is not None:
            self._send("POST", f"{PREFIX}/auth/logout", json={"refresh_token": ended.refresh_token})

    def _adopt(self, token: Token) -> None:
        self.session = Session.of(token)

    def close(self) -> None:
        """Gives its connections back; the client may still be used afterwards."""
        self._http.close()

    def alive(self) -> bool:
        """Whether the API answers at all."""
        try:
            return self._send("GET", "/health").ok
        except ApiError:
            return False

    # Park

    def park(
        self,
        asked: Query | None = None,
        *,
        limit: int = PARK_LIMIT,
    ) -> Park:
        """The first turbines of the published ranking, or of what of it is ``asked``.

        Raises:
            ApiError: 404 when no ranking of that day was published.
        """
        return self._get("/park", Park, {**(asked or {}), "limit": limit})

    def park_events(self, day: date, limit: int) -> ParkEvents:
        """What changed on that day since the day before, the most urgent first."""
        query = {"from": day.isoformat(), "to": day.isoformat(), "limit": limit}
        return self._get("/park/changes", ParkEvents, query)

    def start_run(self, as_of: date | None = None) -> Run:
        """Asks for a new scoring of the park."""
        body = {} if as_of is None else {"as_of": as_of.isoformat()}
        return self._parse(self._call("POST", "/park/runs", json=body), Run)

    def run(self, run_id: int) -> Run:
        """One scoring, to follow its progress."""
        return self._get(f"/park/runs/{run_id}", Run)

    # Measurements

    def coverage(self, first: date | None = None) -> Coverage:
        """What the park sent, from ``first`` to the day evaluated; 30 days by default."""
        return self._get("/measurements/coverage", Coverage, {"from": first and first.isoformat()})

    def preview(self, file: MeasureFile) -> ImportPreview:
        """What importing ``file`` would do; nothing is written.

        Raises:
            ApiError: 422 when the file as a whole is refused.
        """
        return self._parse(self._upload("/measurements/preview", file), ImportPreview)

    def import_file(self, file: MeasureFile, key: str) -> ImportReport | ImportJob:
        """Imports ``file``: its report, or the job to follow where it is long.

        Args:
            file: what to import.
            key: made once per file, so that asking again does not import again.

        Raises:
            ApiError: 422 when the file as a whole is refused.
        """
        answer = self._upload("/measurements", file, **{"Idempotency-Key": key})
        if answer.status_code == ACCEPTED:
            return self._parse(answer, ImportJob)
        return self._parse(answer, ImportReport)

    def import_job(self, job_id: int) -> ImportJob:
        """A long import, to follow its progress."""
        return self._get(f"/measurements/jobs/{job_id}", ImportJob)

    def imports(self, limit: int) -> Page[ImportSummary]:
        """The last imports, newest first."""
        return self._get("/measurements/imports", Page[ImportSummary], {"limit": limit})

    def import_report(self, import_id: int) -> ImportReport:
        """What became of one file."""
        return self._get(f"/measurements/imports/{import_id}", ImportReport)

    def import_problems(self, import_id: int) -> bytes:
        """All the problems of one file, as CSV for a French spreadsheet."""
        return self._call("GET", f"/measurements/imports/{import_id}/report.csv").content

    # Predictions, supervision

    def what_if(self, measurement: Mapping[str, Any]) -> Prediction:
        """What the active models say of values that nobody measured.

        Raises:
            ApiError: 422 with one entry of ``errors`` per wrong field.
        """
        query = {"explain": "true", "purpose": "et_si"}
        return self._parse(
            self._call("POST", "/predictions", params=query, json=dict(measurement)), Prediction
        )

    def supervision(self) -> Supervision:
        """Whether the cockpit runs and how well."""
        return self._get("/supervision", Supervision)

    def logs(self, limit: int) -> CallLog:
        """The last calls, newest first."""
        return self._get("/logs", CallLog, {"limit": limit})

    # Transport

    def _upload(self, path: str, file: MeasureFile, **headers: str) -> requests.Response:
        form = file.form()
        return self._call("POST", path, read_s=UPLOAD_S, headers={**form.headers, **headers}, data=form)

    def _get(self, path: str, answer: type[Answer], query: Query | None = None) -> Answer:
        return self._parse(self._call("GET", path, params=query), answer)

    def _ask(self, method: str, path: str, answer: type[Answer], **options: Any) -> Answer:
        return self._parse(self._call(method, path, **options), answer)

    def _call(self, method: str, path: str, **options: Any) -> requests.Response:
        """One authorised call; a token that has run out is renewed once, without the person noticing."""
        if self.session is None:
            raise ApiError.no_session()
        if self.session.renew_at <= time.monotonic():
            self.resume(self.session.refresh_token)
        try:
            return self._send(method, f"{PREFIX}{path}", **options)
        except ApiError as error:
            if not error.session_over:
                raise
        self.resume(self.session.refresh_token)
        return self._send(method, f"{PREFIX}{path}", **options)

    def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        read_s: float | None = None,
        **options: Any,
    ) -> requests.Response:
        headers = {"Accept": "application/json", **(headers or {})}
        if self.session is not None and path not in OPEN:
            headers["Authorization"] = f"Bearer {self.session.access_token}"
        try:
            answer = self._http.request(
                method,
                f"{self.base_url}{path}",
                headers=headers,
                timeout=(CONNECT_S, read_s or READ_S),
                **options,
            )
        except requests.RequestException as error:
            raise ApiError.unreachable_service() from error
        if not answer.ok:
            raise ApiError.of(answer.status_code, answer.content, answer.headers.get(REQUEST_ID, ""))
        return answer

    @staticmethod
    def _parse(answer: requests.Response, wanted: type[Answer]) -> Answer:
        try:
            return wanted.model_validate_json(answer.content)
        except ValidationError as error:
            raise ApiError.unreadable(answer.headers.get(REQUEST_ID, "")) from error
