"""A PostgreSQL as a process, from the package that carries one."""

import warnings
from pathlib import Path
from typing import Any

import pytest

# How long it may take to be there. The package gives it ten seconds, which a slow machine needs.
PATIENCE_S = 240


def started(folder: Path, cleanup_mode: str | None) -> Any:
    """pgserver's server of `folder`, made and started if it isn't."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, of no concern here
        import pgserver
        from pgserver import postgres_server

        pg_ctl = postgres_server.pg_ctl

        def patient(arguments: Any, **how: Any) -> Any:
            return pg_ctl(arguments, **{**how, "timeout": PATIENCE_S})

        patch.setattr(postgres_server, "pg_ctl", patient)
        patch.setenv("PGCTLTIMEOUT", str(PATIENCE_S))
        return pgserver.get_server(folder, cleanup_mode=cleanup_mode)
