"""The deployment's files agree with the product: settings, ports, secrets, what is copied."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from omotenashi.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
OURS = ("server-a", "server-b", "brain-a", "brain-b", "actions")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
# The brain's own, not the server's.
BRAINS = {"OMOTENASHI_BRAIN_SECRET", "OMOTENASHI_ACTIONS_URL", "OMOTENASHI_ACTIONS_SECRET"}


def services() -> dict[str, dict[str, Any]]:
    return dict(COMPOSE["services"])


def test_nothing_runs_with_more_rights_than_it_needs() -> None:
    for name, service in services().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
    for dockerfile in DEPLOY.glob("*.Dockerfile"):
        last = dockerfile.read_text(encoding="utf-8").split("\nFROM ")[-1]
        assert re.search(r"^USER 10001$", last, re.M), dockerfile.name
        assert "HEALTHCHECK" in last, dockerfile.name


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, one in services().items() if "ports" in one] == ["proxy"]
    assert COMPOSE["networks"]["back"]["internal"] is True
    for name in ("brain-a", "brain-b", "postgres", "redis", "actions"):
        assert services()[name]["networks"] == ["back"], name


def test_every_image_has_a_version() -> None:
    for name, service in services().items():
        if name not in OURS:
            assert re.search(r":\d+\.\d+", service["image"]), name
    for dockerfile in DEPLOY.glob("*.Dockerfile"):
        stages = set()
        for image, stage in re.findall(r"^FROM (\S+)(?: AS (\S+))?", dockerfile.read_text(), re.M):
            assert image in stages or re.search(r":\d+\.\d+", image), image
            stages.add(stage)
        assert "--require-hashes" in dockerfile.read_text(), dockerfile.name


def test_settings_that_are_given_exist() -> None:
    known = {f"OMOTENASHI_{name.upper()}" for name in Settings.model_fields}
    for name in OURS:
        given = {key for key in services()[name]["environment"] if key.startswith("OMOTENASHI")}
        assert given <= (BRAINS if name.startswith("brain") else known), name
    values = dict(services()["server-a"]["environment"])
    filled = {
        # Each placeholder a digit, but for the secret: a short one is refused.
        key.removeprefix("OMOTENASHI_").lower(): re.sub(
            r"\$\{[^}]*\}", "0123456789abcdef" * 4 if key.endswith("SECRET_KEY") else "0", value
        )
        for key, value in values.items()
    }
    read = Settings(_env_file=None, **filled)  # type: ignore[arg-type]
    assert read.brains == ["http://brain-a:5055", "http://brain-b:5055"]


def test_what_the_brain_is_given_is_no_master_key() -> None:
    for name in ("brain-a", "brain-b"):
        assert "SECRET_KEY" not in str(services()[name]["environment"])


def test_the_secrets_are_those_the_server_derives(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.deployment", "shop.example"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    made = dict(line.split("=", 1) for line in done.stdout.splitlines())
    settings = Settings(_env_file=None, secret_key=made["OMOTENASHI_SECRET_KEY"], data_dir=tmp_path)
    assert made["BRAIN_SECRET"] == settings.key("brain")
    assert made["ACTIONS_SECRET"] == settings.key("actions")
    assert made["SITE"] == "shop.example"
    wanted = set(re.findall(r"\$\{(\w+)\}", (DEPLOY / "compose.yml").read_text(encoding="utf-8")))
    assert wanted == set(made)


@pytest.mark.parametrize("name", ["server", "brain"])
def test_what_is_copied_exists_and_is_enough(name: str) -> None:
    text = (DEPLOY / f"{name}.Dockerfile").read_text(encoding="utf-8")
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.M)
        for word in line.split()[:-1]
    }
    for word in copied:
        assert (ROOT / word).exists(), word
    rooms = {
        "server": {
            *("support", "web", "channels", "desk", "help", "demo", "actions", "omotenashi"),
            "encoders",
        },
        "brain": {"brain", "encoders"},
    }
    assert rooms[name] <= copied


def test_event_streams_are_not_held_back_by_the_proxy() -> None:
    assert "flush_interval -1" in (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert "proxy_buffering off" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
