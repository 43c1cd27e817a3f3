"""Properties of every stored notebook; nbval checks the outputs."""

import json
import os
import re

import pytest

from tests.support import TOP

RHETORICAL = {"Whose weights are these?", "Who was filmed?", "Who was not?"}  # headings of paragraphs
# What may follow a question in its cell: a folded answer, instructions, or the definition of a term.
FOLDED, REST = (
    "<details>",
    "Decide|Try|Look|To find out|Guessing gets|Twenty tries|Each small dot|A multiply-add|\\(A stored page",
)
NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))
pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, kind=None):
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if kind in (None, cell["cell_type"])]


def source(cell):
    return "".join(cell["source"])


def outputs(path):
    return [output for cell in cells(path, "code") for output in cell["outputs"]]


def test_it_was_run_from_top_to_bottom(path):
    counts = [cell["execution_count"] for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))


def test_no_error_and_no_warning_is_stored(path):
    assert not [output for output in outputs(path) if output["output_type"] == "error" or output.get("name") == "stderr"]


def test_no_footage_of_real_people_is_stored(path):
    """Cells that are not compared may show UCF101."""
    for cell in cells(path, "code"):
        if "nbval-ignore-output" in cell["metadata"].get("tags", []):
            assert not re.search(r"data:(image|video)|image/(gif|jpeg|webp)", json.dumps(cell["outputs"])), cell["id"]


def test_an_animation_that_is_not_stored_is_said_to_be(path):
    for cell in cells(path, "code"):
        if "to_gif(" in source(cell) or re.match(r"show_clip\(", source(cell)):
            shown = json.dumps(cell["outputs"])
            assert "data:image/gif" in shown or "(not stored: run this cell to watch it)" in shown, cell["id"]


def test_no_widget_is_stored(path):
    """It would show an error until its cell is run."""
    assert not [output for output in outputs(path) if any("widget" in kind for kind in output.get("data", {}))]


def test_it_is_small(path):
    assert path.stat().st_size < 2_000_000


def test_no_code_cell_is_long(path):
    assert max(len(source(cell).splitlines()) for cell in cells(path, "code")) <= 15


def test_it_contains_no_local_paths(path):
    assert not re.findall(r"(/(?:home|Users|root|tmp)/|C:\\\\|site-packages)[^\s\"]*", path.read_text(encoding="utf-8"))


def test_the_first_cell_is_the_same_everywhere(path):
    assert source(cells(path, "code")[0]) == source(cells(NOTEBOOKS[0], "code")[0])


def test_pictures_have_alternative_text(path):
    for output in outputs(path):
        for kind in ("image/png", "image/jpeg"):
            if kind in output.get("data", {}):
                assert len(output["metadata"].get(kind, {}).get("alt", "")) > 20
        for tag in re.findall(r"<img[^>]*>", "".join(output.get("data", {}).get("text/html", []))):
            assert re.search(r'alt="[^"]{20,}"', tag)


def test_headings_are_in_order(path):
    levels = [len(mark) for cell in cells(path, "markdown") for mark in re.findall(r"^(#+) ", source(cell), flags=re.M)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below - above <= 1 for above, below in zip(levels, levels[1:]))


def test_it_begins_and_ends_like_the_others(path):
    text = [source(cell) for cell in cells(path, "markdown")]
    assert all(word in text[0] for word in ("What you'll do", "What you'll learn", "What you need"))
    assert "In this notebook we" in text[-1]


def test_links_have_targets(path):
    for cell in cells(path, "markdown"):
        for target in re.findall(r"\]\(([^)]+)\)", source(cell)):
            assert target.startswith("https://") or (path.parent / target.split("#")[0]).exists(), target


def test_the_answer_to_a_question_is_folded_or_in_a_later_cell(path):
    for cell in cells(path, "markdown"):
        for question, rest in re.findall(r"\*\*([^*]+\?)\*\*\s*([^\n]*)", source(cell)):
            later = not rest or rest.startswith(FOLDED) or re.match(REST, rest)
            assert later or question in RHETORICAL, f"{cell['id']}: {question}"
        for summary in re.findall("<summary>.*", source(cell)):
            assert re.search(r"</summary>.+</details>$", summary), cell["id"]


def test_cells_have_readable_ids(path):
    names = [cell["id"] for cell in cells(path)]
    assert len(set(names)) == len(names)
    assert not [name for name in names if re.fullmatch(r"[0-9a-f]{8}(-.*)?", name)]


def test_it_does_not_contain_the_home_folder(path):
    assert os.path.expanduser("~") + "/" not in path.read_text(encoding="utf-8")


def test_every_section_begins_a_slide(path):
    for cell in cells(path):
        mark = cell["metadata"].get("slideshow", {}).get("slide_type")
        if cell["cell_type"] == "markdown" and source(cell).startswith("#"):
            assert mark == ("skip" if source(cell).startswith("## Set up") else "slide")
        assert not re.search(r"\n##? ", source(cell)) or cell["cell_type"] == "code"
        if {"solution", "check"} & set(cell["metadata"].get("tags", [])):
            assert mark == "skip"


def test_the_code_that_answers_a_question_is_not_on_its_slide(path):
    no_answer = ("one-frame-of-the-back-flip", "two-networks-code")  # the question's picture, and a definition
    for asked, answer in zip(cells(path), cells(path)[1:]):
        unfolded = re.sub(r"<details>.*?</details>", "", source(asked), flags=re.DOTALL).strip()
        if asked["cell_type"] == "markdown" and answer["cell_type"] == "code" and re.search(r"\?\*\*[^*]*$", unfolded):
            on_its_slide = "slide_type" not in answer["metadata"].get("slideshow", {})
            assert not on_its_slide or answer["id"] in no_answer, answer["id"]
