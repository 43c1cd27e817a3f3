"""Every link in the documentation leads to a file of the repository, and to a heading in it."""

import json
import re
from pathlib import Path

import pytest

from tests.support import TOP

PAGES = [*(TOP / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")), *sorted((TOP / "docs").glob("*.md"))]


def without_code(text):
    return re.sub(r"```.*?```|`[^`\n]*`", "", re.sub(r"(?m)^    .*$", "", text), flags=re.S)


def headings(text):
    return re.findall(r"^#+ (.+?) *$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)


def anchors(path):
    """Return the anchors of a page as GitHub makes them, or of a notebook as Jupyter makes them."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        return {title.replace(" ", "-") for cell in cells for title in headings("".join(cell["source"]))}
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings(text)}


def dead_links(path):
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text(encoding="utf-8"))):
        if not re.match(r"https?://|mailto:", target):
            name, _, anchor = target.partition("#")
            file = path.parent / name if name else path
            if not file.exists() or (anchor and anchor not in anchors(file)):
                found.append(target)
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_each_link_leads_to_a_file_and_a_heading(path):
    assert not dead_links(path)


def test_a_missing_file_and_a_missing_heading_are_found(tmp_path):
    (tmp_path / "there.md").write_text("# A `code` heading, and more\n")
    notebook = {"cells": [{"cell_type": "markdown", "source": ["# Set up\n", "text"]}]}
    Path(tmp_path, "there.ipynb").write_text(json.dumps(notebook))
    links = [
        "gone.md",
        "there.md",
        "there.md#a-code-heading-and-more",
        "there.md#gone",
        "there.ipynb#Set-up",
        "there.ipynb#set-up",
    ]
    (tmp_path / "page.md").write_text("\n".join(f"[a link]({link})" for link in [*links, "https://example.org/#x", "#gone"]))
    assert dead_links(tmp_path / "page.md") == ["gone.md", "there.md#gone", "there.ipynb#set-up", "#gone"]


def test_each_question_has_at_most_three_sentences_and_a_link():
    questions = (TOP / "docs" / "questions.md").read_text(encoding="utf-8").split("\n## ")[1:]
    assert len(questions) == 20
    for question in questions:
        title, answer = question.split("\n", 1)
        assert re.search(r"\]\([^)]+\)", answer), title
        # A title in a link, such as "Dense pass or windows?", ends no sentence.
        assert len(re.findall(r"[.?](?=\s|$)", re.sub(r"\[[^]]*\]\([^)]*\)|et al\.", "link", answer))) <= 3, title
