"""Installing what Debian's packages hold, where set-up is allowed to."""

from __future__ import annotations

import os
import shutil
import sys

from scripts.steps import call


def may_install_packages() -> bool:
    """Only as root; nobody is asked for a password."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(packages: tuple[str, ...], *, or_else: str) -> None:
    """Install Debian packages as root, without a question. Raises SetUpFailed."""
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    quiet = [] if sys.stderr.isatty() else ["-qq"]
    call(["apt-get", *quiet, "update"], or_else=or_else, env=env)
    options = [*quiet, "install", "-y", "--no-install-recommends"]
    call(["apt-get", *options, *packages], or_else=or_else, env=env)
