"""The site of make html, opened from disk: it needs neither a server nor an internet connection."""

import importlib.util
import re
import runpy
import subprocess
import sys
from urllib.parse import unquote

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_markdown_cell, new_notebook

import helpers
from tests.support import TOP
from tests.support.axe import findings

NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))
WEB = "web/index.html"  # what make site adds
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, built without a warning."""
    if not importlib.util.find_spec("myst_nb"):
        pytest.skip("needs the packages in docs/site/requirements.txt, which make test-browser installs")
    folder = tmp_path_factory.mktemp("site")
    options = ["--conf-dir", TOP / "docs/site", "--doctree-dir", folder / "doctrees", "--define", f"web={WEB}"]
    subprocess.run([sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", *options, TOP, folder / "html"], check=True)
    return folder / "html"


@pytest.fixture(scope="module")
def soups(site):
    """{path of a page: its HTML}"""
    return {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in sorted(site.rglob("*.html"))}


@pytest.fixture
def open_page(browser, site):
    """A function that opens a page of the site offline. A request to another place than the disk fails the test."""
    contexts, requests = [], []

    def open_page(address, **options):
        contexts.append(browser.new_context(offline=True, **options))
        page = contexts[-1].new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"{site.as_uri()}/{address}")
        page.wait_for_load_state("load")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert {address.partition(":")[0] for address in requests} <= {"file", "data"}


def notebook_page(soups, path):
    return next(soup for page, soup in soups.items() if page.stem == path.stem).article


def words(tag):
    """Return the words of a tag, without the marks of Markdown."""
    return re.findall(r"\w+", tag.text)


@pytest.mark.parametrize("color_scheme, width", [("light", 1400), ("dark", 390)])
def test_each_page_is_accessible_and_fits_the_screen(open_page, soups, site, screenshots, color_scheme, width):
    page = open_page("index.html", color_scheme=color_scheme, viewport={"width": width, "height": 900})
    problems = {}
    for path in soups:
        page.goto(path.as_uri())
        broken = page.eval_on_selector_all(
            "img:not([loading=lazy])", "all => all.filter(image => !image.naturalWidth).map(image => image.src)"
        )
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth") * ["wider than the screen"]
        name = path.relative_to(site).with_suffix("").as_posix()
        problems[name] = findings(page) + broken + wide
    page.screenshot(path=screenshots / f"site_{color_scheme}.png")
    assert {name: found for name, found in problems.items() if found} == {}


def test_no_link_is_dead_and_nothing_is_loaded_from_elsewhere(soups, site):
    ids = {path: {tag["id"] for tag in soup(id=True)} for path, soup in soups.items()}
    dead = []
    for path, soup in soups.items():
        for tag in soup(lambda tag: tag.has_attr("href") or tag.has_attr("src")):
            address = tag.get("href") or tag.get("src")
            if re.match("(https?|mailto):", address) and tag.name == "a" or address.startswith("data:"):
                continue
            name, _, fragment = address.partition("#")
            target = (path.parent / unquote(name.partition("?")[0])).resolve() if name else path
            there = target.is_file() and (not fragment or target not in ids or unquote(fragment) in ids[target])
            if not there and target != site / WEB:
                dead.append(f"{path.relative_to(site)}: {address}")
    assert not dead


def test_the_front_page_leads_to_each_lesson_and_on_from_there(open_page, soups, site):
    lessons = soups[site / "index.html"].select(".lessons li")
    assert [lesson.a["href"] for lesson in lessons] == [f"notebooks/{path.stem}.html" for path in NOTEBOOKS]
    assert all(re.search(r" [1-9]\d* minutes\.$", lesson.p.text) for lesson in lessons)
    assert all((site / lesson.img["src"]).is_file() and len(lesson.img["alt"]) > 20 for lesson in lessons)
    assert soups[site / "index.html"].find("a", href=WEB)
    page = open_page("index.html")
    for lesson in lessons:
        page.locator("a.next-page").click()
        assert page.locator("h1").inner_text().startswith(lesson.h3.text)


@each_notebook
def test_a_page_shows_the_outputs_of_the_notebook(soups, path):
    article = notebook_page(soups, path)
    outputs = [output for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", [])]
    drawn = [image for image in article("img") if "_images/" in image["src"]]
    assert len(drawn) == sum("image/png" in output.get("data", {}) for output in outputs)
    assert all(len(image["alt"]) > 20 for image in article("img"))
    assert all(line in article.text for output in outputs if output.output_type == "stream" for line in output.text.splitlines())


@each_notebook
def test_headings_are_in_order(soups, path):
    levels = [int(heading.name[1]) for heading in notebook_page(soups, path)(re.compile(r"h\d"))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below - above <= 1 for above, below in zip(levels, levels[1:]))


@each_notebook
def test_an_answer_is_hidden_until_it_is_expanded(open_page, soups, path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    hidden = [answer for cell in cells for answer in BeautifulSoup(cell.source, "html.parser")("details")]
    shown = notebook_page(soups, path)("details")
    assert [words(details) for details in shown] == [words(details) for details in hidden]
    assert all(len(words(details)) > len(words(details.summary)) for details in shown)
    page = open_page(f"notebooks/{path.stem}.html")
    for details in page.locator("details").all():
        height = details.bounding_box()["height"]
        details.locator("summary").click()
        assert details.bounding_box()["height"] > height


def test_a_quiz_counts_first_answers(open_page):
    page = open_page("notebooks/01_recognize_actions.html")
    page.locator(".quiz label").first.click()
    assert page.locator(".quiz-score").inner_text().endswith("of 1 right at the first try so far.")


def test_a_search_finds_a_lesson(open_page):
    page = open_page("index.html")
    page.get_by_placeholder("Search").fill("cartwheel")
    page.get_by_placeholder("Search").press("Enter")
    page.locator("#search-results a", has_text="01 Recognize actions in video").click()
    page.wait_for_url("**/notebooks/01_recognize_actions.html*")


def test_a_button_changes_the_colors(open_page):
    page = open_page("index.html", color_scheme="light")
    color = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(color)
    while page.evaluate("document.body.dataset.theme") != "dark":
        page.locator("button.theme-toggle").locator("visible=true").click()
    assert page.evaluate(color) != before


def test_the_api_documents_each_export(soups, site):
    documented = soups[site / "docs/site/api.html"]
    names = {tag["id"].removeprefix("helpers.") for tag in documented("dt", id=True)}
    assert set(helpers.__all__) <= names
    assert all(documented.find(id=f"helpers.{name}").find_next("dd").p for name in helpers.__all__)


@pytest.mark.usefixtures("site")
def test_a_notebook_without_a_cover_is_named(tmp_path):
    lesson = runpy.run_path(str(TOP / "docs" / "site" / "conf.py"))["lesson"]
    nbformat.write(new_notebook(cells=[new_markdown_cell("# A title")]), tmp_path / "small.ipynb")
    with pytest.raises(SystemExit, match="small.ipynb: the cell with the tag cover has no picture. Run make notebooks"):
        lesson(tmp_path / "small.ipynb", "")
