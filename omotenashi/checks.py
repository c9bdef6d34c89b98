"""`omotenashi check`: everything that can be wrong in the shop's files, before it matters."""

from omotenashi.parts import KNOWLEDGE, PLAYBOOK
from omotenashi.settings import ROOT
from support.knowledge import ArticleError, load_articles
from support.learning.training_data import check_training_data
from support.playbook.japanese_style import check_japanese
from support.playbook.playbook import load_playbook
from support.yamlfile import FileError


def problems() -> list[str]:
    """One line each: file, line, what is wrong."""
    found: list[str] = []
    try:
        load_playbook(PLAYBOOK)
    except FileError as error:
        found.append(str(error))
    try:
        load_articles(KNOWLEDGE)
    except ArticleError as error:
        found += str(error).splitlines()
    found += check_japanese(
        [ROOT / "domain.yml", *sorted(PLAYBOOK.glob("*.yml")), *sorted(KNOWLEDGE.rglob("*.md"))]
    )
    found += check_training_data(ROOT / "data" / "nlu", ROOT / "domain.yml")
    return found
