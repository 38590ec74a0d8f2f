"""The dashboard's client of the API: the session, and the calls by subject."""

from __future__ import annotations

from api.schemas.auth import Token, User
from ui.client.api_error import ApiError
from ui.client.interventions import InterventionCalls
from ui.client.measurements import CorrectionCalls, MeasurementCalls
from ui.client.models import ModelCalls
from ui.client.operations import OperationCalls
from ui.client.park import ParkCalls
from ui.client.people import PeopleCalls
from ui.client.plan import PlanCalls
from ui.client.policy import PolicyCalls
from ui.client.quality import QualityCalls
from ui.client.transport import PREFIX, Session, Transport
from ui.client.turbines import TurbineCalls


class ApiClient:
    """The calls of one person to the API, grouped by subject over one transport."""

    def __init__(self, base_url: str) -> None:
        self._transport = transport = Transport(base_url)
        self.people = PeopleCalls(transport)
        self.policy = PolicyCalls(transport)
        self.measurements = MeasurementCalls(transport)
        self.corrections = CorrectionCalls(transport)
        self.models = ModelCalls(transport)
        self.turbines = TurbineCalls(transport)
        self.interventions = InterventionCalls(transport)
        self.park = ParkCalls(transport)
        self.plan = PlanCalls(transport)
        self.quality = QualityCalls(transport)
        self.operations = OperationCalls(transport)

    @property
    def session(self) -> Session | None:
        """The session of whoever is signed in."""
        return self._transport.session

    def login(self, username: str, password: str) -> User:
        """Open a session with a name and a password.

        Raises:
            ApiError: 401 for wrong credentials, 429 when the account is locked for a while.
        """
        self.forget()
        form = {"username": username, "password": password}
        answer = self._transport.send("POST", f"{PREFIX}/auth/token", data=form)
        return self._transport.adopt(self._transport.read(answer, Token))

    def resume(self, refresh_token: str) -> User:
        """Take up a session that was opened earlier, in this browser.

        Raises:
            ApiError: 401 when it has ended.
        """
        return self._transport.renew(refresh_token)

    def logout(self) -> None:
        """End the session, here and at the API."""
        ended = self.session
        self.forget()
        if ended is not None:
            body = {"refresh_token": ended.refresh_token}
            self._transport.send("POST", f"{PREFIX}/auth/logout", json=body)

    def forget(self) -> None:
        """End the session here alone; the API is not asked."""
        self._transport.session = None

    def alive(self) -> bool:
        """Tell whether the API answers at all."""
        try:
            return self._transport.send("GET", "/health").ok
        except ApiError:
            return False

    def close(self) -> None:
        """Close the connections; the client may still be used afterwards."""
        self._transport.close()
