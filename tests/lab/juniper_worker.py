"""Start one Juniper cascor worker whose health port follows its instance number.

The packaged command line always listens on the same health port, so a second worker on a host
cannot start. This launcher takes its whole configuration from the environment, as
WorkerConfig.from_env reads it, and moves the health port on by one for each further instance:

    JUNIPER_CASCOR_WORKER_HEALTH_PORT  health port of instance 1 (default 8210)
    JUNIPERCTL_INSTANCE                number of this instance, from 1 (default 1)

It ends as the packaged one does: 0 after SIGTERM or SIGINT, 1 after a second such signal or when
the configuration is refused.
"""

import asyncio
import logging
import os
import signal
import sys

from juniper_cascor_worker.config import WorkerConfig
from juniper_cascor_worker.constants import LOG_FORMAT
from juniper_cascor_worker.exceptions import WorkerConfigError
from juniper_cascor_worker.worker import CascorWorkerAgent

LOGGER = logging.getLogger("juniper_worker")


def number(name, default):
    """Return the number in an environment variable; raise ValueError if it holds something else."""
    text = os.environ.get(name, default)
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} must be a number, got {text!r}") from None


def configuration():
    """Return the configuration of this instance; raise ValueError or WorkerConfigError."""
    first_port = number("JUNIPER_CASCOR_WORKER_HEALTH_PORT", "8210")
    instance = number("JUNIPERCTL_INSTANCE", "1")
    if instance < 1:
        raise ValueError(f"JUNIPERCTL_INSTANCE must be 1 or more, got {instance}")
    config = WorkerConfig.from_env()
    config.health_port = first_port
    config.validate()
    config.health_port += instance - 1
    config.validate()
    return config


def main():
    """Run the worker until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    try:
        config = configuration()
    except (ValueError, WorkerConfigError) as error:
        sys.exit(f"configuration refused: {error}")
    agent = CascorWorkerAgent(config)
    stopping = False

    def stop(_signal, _frame):
        nonlocal stopping
        if stopping:
            sys.exit(1)
        stopping = True
        LOGGER.info("Shutdown requested, a second signal forces it")
        agent.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    LOGGER.info("Connecting to %s, health on %s:%d", config.server_url, config.health_bind, config.health_port)
    asyncio.run(agent.run())
    LOGGER.info("Worker shut down.")


if __name__ == "__main__":
    main()
