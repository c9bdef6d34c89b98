"""How much of the code the tests run, as a plugin for a whole run: `-p tests.measured`.

Under SlipCover, which is told in `pyproject.toml` what counts and what is too little.
"""

import json
import os
from pathlib import Path

import pytest
from slipcover import pytest_plugin

SHOWN = 20

# In a worker, before any of our modules is imported: the probes stay in the code. Taken out while
# the tests run, as they are by default, they are looked for in what other threads are changing.
if (measuring := pytest_plugin._slipcover_instance) is not None:
    measuring.d_miss_threshold = 2**31 - 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    merged = Path(os.environ.get("SLIPCOVER_COVERAGE_DIR", "")) / "merged.json"
    if not merged.is_file():
        return
    measured = json.loads(merged.read_text(encoding="utf-8"))
    found = {
        name: (lines["summary"]["percent_covered"], len(lines["missing_lines"]))
        for name, lines in measured["files"].items()
    }
    terminalreporter.section("coverage")
    for name, (percent, missing) in sorted(found.items(), key=lambda one: one[1])[:SHOWN]:
        terminalreporter.write_line(f"{percent:5.1f} %  {missing:4} lines not run  {name}")
    terminalreporter.write_line(f"{measured['summary']['percent_covered']:5.1f} %  in all")
