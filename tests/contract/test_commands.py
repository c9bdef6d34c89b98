"""The command line: what it makes, and what it says when something is wrong."""

import asyncio
import csv
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from omotenashi.settings import ROOT
from support import yamlfile
from support.playbook.playbook import load_playbook
from tests.harness import Server, Visitor


def omotenashi(
    folder: Path, *arguments: str, given: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OMOTENASHI")}
    environment |= {"OMOTENASHI_DATA_DIR": str(folder), **env}
    return subprocess.run(
        [sys.executable, "-m", "omotenashi", *arguments],
        cwd=ROOT, env=environment, input=given, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_demonstrations_orders_are_listed(tmp_path: Path) -> None:
    done = omotenashi(tmp_path, "orders", "--limit", "5")
    orders = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(orders) == 5
    assert all(set(o) == {"number", "email", "postcode", "state", "lang"} for o in orders)


def test_agents_are_added_with_a_password_from_standard_input(tmp_path: Path) -> None:
    base = ("agent", "add", "--email", "Aya@Example.com", "--name", "Aya", "--role", "lead")
    done = omotenashi(tmp_path, *base, "--password-stdin", given="long enough\n")
    assert done.returncode == 0, done.stderr
    assert "aya@example.com" in done.stdout
    with closing(sqlite3.connect(tmp_path / "omotenashi.sqlite3")) as database:
        (kept,) = database.execute("SELECT password_hash FROM agents").fetchone()
    # RFC 9106 for machines with little memory: 64 MiB, three passes.
    kind, memory, passes = re.findall(r"^\$(\w+)\$v=19\$m=(\d+),t=(\d+),p=", kept)[0]
    assert (kind, int(memory) >= 64 * 1024, int(passes) >= 3) == ("argon2id", True, True)
    done = omotenashi(tmp_path, *base, "--password-stdin", given="short\n")
    assert done.returncode != 0
    assert "at least" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "postgresql://h:port/x"),
        ("SMTP_URL", "smtp://mail"),
        ("SECRET_KEY", "too short to derive from"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = omotenashi(tmp_path, "migrate", **{f"OMOTENASHI_{name}": value})
    assert done.returncode == 2
    assert name.split("_")[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_one_clear_sentence(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = omotenashi(tmp_path, "run", OMOTENASHI_PORT=port)
    assert done.returncode == 2
    assert port in done.stderr
    assert "OMOTENASHI_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_shops_own_files_are_well(tmp_path: Path) -> None:
    done = omotenashi(tmp_path, "check")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "what"),
    [
        ("opening.yml", "Asia/Tokyo", "Asia/Nowhere", 2, "time zone"),
        ("escalation.yml", "offer_after: 2", "offer_after: soon", 4, "offer_after"),
        ("shop.yml", "email:", "e_mail:", 1, "email"),
        ("goodwill.yml", "currency: JPY", "currency: JPY: 7", 2, "YAML"),
    ],
)
def test_a_malformed_playbook_is_told_with_file_and_line(
    tmp_path: Path, file: str, old: str, new: str, line: int, what: str
) -> None:
    folder = tmp_path / "playbook"
    shutil.copytree(ROOT / "data" / "playbook", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(yamlfile.FileError) as error:
        load_playbook(folder)
    assert error.value.path.name == file
    assert what in error.value.what
    if file != "shop.yml":
        assert abs(error.value.line - line) <= 1


def test_a_question_a_line_gives_an_answer_a_line(tmp_path: Path) -> None:
    done = omotenashi(tmp_path, "search", given="opening hours\n営業時間は？\n")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [f["verdict"] for f in found] == ["answer", "answer"]
    assert {f["hits"][0]["id"] for f in found} == {"opening-hours"}


@pytest.mark.parametrize("url", ["nonsense", "mysql://x", "postgresql://u:secret@h:port/x"])
def test_an_address_of_no_database_is_told(tmp_path: Path, url: str) -> None:
    done = omotenashi(tmp_path, "move", "--to", url)
    assert done.returncode == 2
    assert "--to" in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1:1"])
def test_an_address_without_a_brain_is_told(tmp_path: Path, url: str) -> None:
    done = omotenashi(tmp_path, "parse", "--url", url, given="hello\n")
    assert done.returncode == 2
    assert f"--url {url}" in done.stderr
    assert "Traceback" not in done.stderr


def test_erased_customers_are_gone(tmp_path: Path) -> None:
    done = omotenashi(tmp_path, "erase", "--customer", "nobody@example.com")
    assert done.returncode == 0
    assert "0 threads" in done.stdout


async def test_formulas_in_an_export_are_text(server: Server, visitor: Visitor) -> None:
    """Full-width signs too, which some spreadsheets fold."""
    await visitor.say("＝1＋1")
    where = {"OMOTENASHI_DATABASE_URL": server.settings.database}
    done = await asyncio.to_thread(
        omotenashi, server.settings.data_dir, "export", "--format", "csv", **where
    )
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["text"] for row in rows if row["author"] == "customer"] == ["'＝1＋1"]
