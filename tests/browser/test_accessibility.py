"""The accessibility of the notebooks as web pages, checked with axe."""

import pytest

from tests.support import TOP
from tests.support.axe import findings
from tools.notebooks.gallery import TEMPLATE

NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))
pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def open_page(browser, tmp_path_factory):
    """A function that converts a notebook with nbconvert and our template, and opens it offline."""
    from nbconvert import HTMLExporter

    context = browser.new_context(offline=True)

    def open_page(path, theme="light"):
        body, _ = HTMLExporter(theme=theme, **TEMPLATE).from_filename(path)
        page = context.new_page()
        file = tmp_path_factory.mktemp("page") / "notebook.html"
        file.write_text(body, encoding="utf-8")
        page.goto(file.as_uri())
        return page

    yield open_page
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_reports_no_findings(path, theme, open_page):
    assert findings(open_page(path, theme)) == []


def test_pictures_have_alternative_text(path, open_page):
    texts = open_page(path).eval_on_selector_all("img", "images => images.map(image => image.alt)")
    assert texts
    assert not [alt for alt in texts if len(alt) < 20 or "No description" in alt]


def test_headings_are_in_order(path, open_page):
    headings = open_page(path).locator("h1, h2, h3, h4, h5, h6").all()
    levels = [int(heading.evaluate("heading => heading.tagName[1]")) for heading in headings]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below - above <= 1 for above, below in zip(levels, levels[1:]))
