"""Settings that Rasa's process needs before anything large is imported."""

import logging
import os
import sys


def settle_environment() -> None:
    """One BLAS thread (steadier for single messages), no telemetry, no TensorFlow chatter."""
    for name, value in {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "LOG_LEVEL": "WARNING",  # also keeps Rasa's progress bars out of the log
    }.items():
        os.environ.setdefault(name, value)
    if not sys.warnoptions:
        # Rasa's libraries set filters of their own at import; what passes them ends here.
        logging.captureWarnings(True)
        logging.getLogger("py.warnings").setLevel(logging.CRITICAL)


def settle_logging(level: int = logging.WARNING) -> None:
    """Plain lines on standard error from `level` on, Rasa's structured ones too."""
    import structlog
    from rasa.utils.log_utils import configure_structlog

    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", force=True)
    # Its stack traces of failed actions: one line of ours says the same.
    logging.getLogger("rasa.core.processor").setLevel(logging.CRITICAL)
    configure_structlog(level)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))
