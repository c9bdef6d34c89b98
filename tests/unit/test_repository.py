"""What holds for the repository's files as a whole: locks, training data, what is in git."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
NPM_LOCK = ROOT / "widget" / "package-lock.json"

# Rasa reads every YAML below data/ and takes these keys for its own.
RASA_KEYS = frozenset(
    {
        "actions",
        "e2e_actions",
        "entities",
        "forms",
        "imports",
        "intents",
        "nlu",
        "responses",
        "rules",
        "session_config",
        "slots",
        "stories",
        "version",
    }
)
TRAINING = ("nlu", "rules", "stories")


def pins(lock: Path) -> dict[str, str]:
    """Package: version, as a lock file has them."""
    found = re.findall(r"^([\w.\-]+)(?:\[[\w,\-]+\])?==([^\s;\\]+)", lock.read_text(), re.M)
    return {name.lower(): version for name, version in found}


def requirements(lock: Path) -> list[str]:
    """The requirements of a lock file, each with its continued lines joined."""
    joined = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip()]


def test_the_lock_files_are_the_four_that_set_up_uses() -> None:
    assert [lock.name for lock in LOCKS] == ["brain.txt", "dev.txt", "server.txt", "uv.txt"]


@pytest.mark.parametrize("lock", [*LOCKS, NPM_LOCK], ids=lambda path: str(path.name))
def test_no_lock_file_names_a_registry(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")

    assert "--index-url" not in text
    assert "--find-links" not in text
    assert '"resolved"' not in text
    # "funding" entries of npm packages point at pages of people, not at a registry.
    addresses = [line for line in text.splitlines() if "://" in line and '"url"' not in line]
    assert addresses == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.name))
def test_every_requirement_is_pinned_by_version_and_hash(lock: Path) -> None:
    for requirement in requirements(lock):
        assert "==" in requirement
        assert "--hash=sha256:" in requirement


def test_the_environment_of_the_tests_is_that_of_the_server_and_more() -> None:
    dev = pins(ROOT / "requirements" / "dev.txt")
    server = pins(ROOT / "requirements" / "server.txt")
    uv = pins(ROOT / "requirements" / "uv.txt")

    assert server.items() <= dev.items()
    assert uv == {"uv": dev["uv"]}


def files_beside_training_data() -> list[Path]:
    data = ROOT / "data"
    files = [*data.rglob("*.yml"), *data.rglob("*.yaml")]
    return [file for file in sorted(files) if file.relative_to(data).parts[0] not in TRAINING]


def test_rasa_takes_no_file_of_the_shop_for_its_own() -> None:
    files = files_beside_training_data()
    assert any(file.parent.name == "playbook" for file in files)

    for file in files:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        keys = set(content) if isinstance(content, dict) else set()
        assert not keys & RASA_KEYS, f"{file.relative_to(ROOT)} has keys that Rasa reads"


def front_matter(article: Path) -> dict[str, object]:
    _, head, _ = article.read_text(encoding="utf-8").split("---\n", 2)
    return dict(yaml.safe_load(head))


def test_rasa_takes_no_article_for_its_own() -> None:
    articles = sorted((ROOT / "data" / "knowledge").rglob("*.md"))
    assert articles

    for article in articles:
        assert not set(front_matter(article)) & RASA_KEYS, article.name


def test_of_the_models_only_their_readme_is_in_git() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()

    assert "/models/*" in ignored
    assert "!/models/README.md" in ignored
    assert (ROOT / "models" / "README.md").is_file()
