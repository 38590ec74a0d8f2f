"""The worker, ``python -m api.worker``: takes jobs, and starts the scheduled runs."""

from __future__ import annotations

import logging
import signal
import threading

from api.collector import spare_the_collector
from api.core import build_core
from api.domain.shared.exceptions import CockpitError
from api.observability.logging import configure_logging
from api.services.operations.jobs import JobService
from api.settings import Settings
from api.storage import migrate

IDLE_S = 0.5
TROUBLE_S = 5.0
log = logging.getLogger(__name__)


def run(service: JobService) -> None:
    """Work until ``service.stopping`` is set; a job under way is finished first."""
    beating = threading.Thread(target=service.beat_until_stopped, name="beat", daemon=True)
    beating.start()
    log.info("worker started", extra={"worker": service.worker})
    while not service.stopping.is_set():
        try:
            if not service.step():
                service.stopping.wait(IDLE_S)
        except CockpitError as error:
            log.error("worker cannot work now", extra={"reason": error.detail})
            service.stopping.wait(TROUBLE_S)
    beating.join()


def main() -> None:
    """Run the worker until SIGTERM or Ctrl-C."""
    settings = Settings()
    configure_logging(settings.log_level)
    core = build_core(settings)
    try:
        migrate.refuse_newer(core.database)
    except CockpitError as error:
        raise SystemExit(error.detail) from error
    service = core.job_service()
    try:
        core.intake.forget_abandoned()
    except CockpitError as error:
        log.warning("abandoned uploads not looked at", extra={"reason": error.detail})
    # SIGBREAK is how a parent process asks a child to stop on Windows.
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: service.stopping.set())
    spare_the_collector()
    watching = threading.Thread(
        target=core.models.watch, args=(service.stopping,), name="models", daemon=True
    )
    watching.start()
    run(service)
    watching.join()
    core.close()


if __name__ == "__main__":
    main()
