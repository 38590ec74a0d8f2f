"""The dashboard's calls about the risk policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.schemas.policy import Policy, PolicyPreview
from ui.client.transport import Transport


@dataclass(frozen=True)
class PolicyCalls:
    """One typed method per call."""

    transport: Transport

    def versions(self) -> Policy:
        """Read the version in force and all the others."""
        return self.transport.get("/policy", Policy)

    def preview(self, parameters: Mapping[str, float], limit: int) -> PolicyPreview:
        """Read what a policy would change; nothing is saved; ``limit`` turbines at most.

        Raises:
            ApiError: 403 without the right, 422 with one entry of ``errors`` per wrong field.
        """
        body = {"parameters": dict(parameters), "limit": limit}
        return self.transport.ask("POST", "/policy/preview", PolicyPreview, json=body)

    def save(self, base_version: int, parameters: Mapping[str, float], reason: str) -> Policy:
        """Save a new version.

        Raises:
            ApiError: 403 without the right, 409 where another version came into force, 422 as above.
        """
        body = {"base_version": base_version, "parameters": dict(parameters), "reason": reason}
        return self.transport.write("PUT", "/policy", Policy, body)

    def restore(self, version: int, base_version: int, reason: str) -> Policy:
        """Save a new version equal to an older one.

        Raises:
            ApiError: 403 without the right, 409 as above.
        """
        body = {"base_version": base_version, "reason": reason}
        return self.transport.write("POST", f"/policy/{version}/restore", Policy, body)
