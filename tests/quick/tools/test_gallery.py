"""The gallery: all notebooks as web pages that need neither a server nor an internet connection."""

import re
import subprocess

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from tests.support import TOP
from tools.notebooks.gallery import main

NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))
TABLE = "# Look & see\n\n| | |\n|---|---|\n| **What you'll do** | Look at 1 < 2. |"
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def make(notebooks, output):
    main(["--notebooks", str(notebooks), "--output", str(output)])


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery") / "html"
    make(TOP / "notebooks", folder)
    return folder


def pages(folder):
    return {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in sorted(folder.glob("*.html"))}


def fetched(soup):
    """Yield the URLs of all resources that a browser loads to show a page."""
    for tag in soup(True):
        yield from (tag[name] for name in ("src", "poster", "data", "background") if tag.get(name))
        yield from (part.split()[0] for part in tag.get("srcset", "").split(",") if part.strip())
        if tag.name == "link":
            yield tag["href"]
        yield from re.findall(r"url\(\s*['\"]?([^'\")]+)", tag.get("style", ""))
    for style in soup("style"):
        yield from re.findall(r"url\(\s*['\"]?([^'\")]+)", style.text)
        yield from re.findall(r"@import\s+['\"]([^'\"]+)", style.text)


def test_each_notebook_has_a_page_and_a_picture(gallery):
    stems = {path.stem for path in NOTEBOOKS}
    assert {path.name for path in gallery.iterdir()} == {"index.html"} | {
        f"{stem}.{kind}" for stem in stems for kind in ("html", "png")
    }
    soup = pages(gallery)[gallery / "index.html"]
    assert [link["href"] for link in soup("a")] == [f"{path.stem}.html" for path in NOTEBOOKS]
    for image in soup("img"):
        with Image.open(gallery / image["src"]) as picture:
            assert picture.size == (int(image["width"]), int(image["height"]))
            assert len(picture.getcolors(picture.width * picture.height)) > 10
        assert len(image["alt"]) > 20


def test_nothing_is_loaded_from_elsewhere(gallery):
    for path, soup in pages(gallery).items():
        assert not soup.select("script:not(.quiz script)") and not soup("iframe"), path.name
        assert len(soup.select(".quiz script")) == len(soup.select(".quiz")) == (path.name != "index.html"), path.name
        for address in fetched(soup):
            assert address.startswith("data:") or (gallery / address).is_file(), f"{path.name} loads {address[:80]}"


def test_every_link_has_a_target(gallery):
    ids = {path.name: {tag["id"] for tag in soup(id=True)} for path, soup in pages(gallery).items()}
    for path, soup in pages(gallery).items():
        for link in soup("a", href=True):
            target, _, fragment = link["href"].partition("#")
            if not target.startswith("https://"):
                assert (target or path.name) in ids, f"{path.name} links to {target}"
                assert not fragment or fragment in ids[target or path.name], f"{path.name} links to #{fragment}"


def test_each_page_has_a_language_a_title_and_a_link_to_the_index(gallery):
    titles = []
    for path, soup in pages(gallery).items():
        assert soup.html["lang"] == "en"
        assert soup.title.text == soup.h1.text.removesuffix("¶")
        assert path.name == "index.html" or soup.find("a", href="index.html")
        titles.append(soup.title.text)
    assert len(set(titles)) == len(NOTEBOOKS) + 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_shows_the_outputs_of_the_notebook(gallery, path):
    soup = pages(gallery)[gallery / f"{path.stem}.html"]
    outputs = [output for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", [])]
    drawn = [image for image in soup("img") if image["src"].startswith("data:image/png")]
    assert len(drawn) == sum("image/png" in output.get("data", {}) for output in outputs)
    assert all(len(image["alt"]) > 20 for image in soup("img"))
    printed = soup.text
    assert all(line in printed for output in outputs if output.output_type == "stream" for line in output.text.splitlines())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_an_answer_is_hidden_until_it_is_expanded(gallery, path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    hidden = [answer for cell in cells for answer in BeautifulSoup(cell.source, "html.parser")("details")]
    shown = pages(gallery)[gallery / f"{path.stem}.html"]("details")
    assert [words(details) for details in shown] == [words(details) for details in hidden]
    assert all(details.find("summary", recursive=False) for details in shown)
    assert all(len(words(details)) > len(words(details.summary)) for details in shown)


def words(tag):
    """Return the words of a tag, without the marks of Markdown."""
    return re.findall(r"\w+", tag.text)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_notebook_needs_scripts(path):
    notebook = nbformat.read(path, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert not re.search(r"\$[^$\n]+\$|```mermaid", text), "formulas and diagrams need scripts, which the gallery leaves out"
    assert "widgets" not in notebook.metadata


def write(folder, *cells):
    folder.mkdir()
    nbformat.write(new_notebook(cells=list(cells)), folder / "small.ipynb")
    return folder


def shown(alt="a dot of a single color"):
    output = new_output("display_data", {"image/png": DOT}, metadata={"image/png": {"alt": alt}})
    return new_code_cell("dot", outputs=[output])


def test_links_to_other_files_become_text(tmp_path):
    links = new_markdown_cell(
        "[itself](small.ipynb#Look), [a helper](../helpers/video/reading.py), [the web](https://example.org/)"
    )
    make(write(tmp_path / "notebooks", new_markdown_cell(TABLE), links, shown()), tmp_path / "html")
    soup = pages(tmp_path / "html")[tmp_path / "html" / "small.html"]
    assert [link["href"] for link in soup.find("p")("a")] == ["small.html#Look", "https://example.org/"]
    assert "a helper" in soup.find("p").text


def test_the_index_escapes_html(tmp_path):
    make(write(tmp_path / "notebooks", new_markdown_cell(TABLE), shown('a "dot" <b>')), tmp_path / "html")
    soup = pages(tmp_path / "html")[tmp_path / "html" / "index.html"]
    assert soup.h2.text == "Look & see" and soup("p")[1].text == "Look at 1 < 2." and soup.img["alt"] == 'a "dot" <b>'


@pytest.mark.parametrize(
    "cells, missing",
    [
        ([new_markdown_cell(TABLE)], "a stored picture. Run all of its cells and save it"),
        ([new_markdown_cell("# No table"), shown()], 'a table row "What you\'ll do". Write what is missing'),
        ([], "a heading and a table row .* and a stored picture. Run all of its cells"),
    ],
)
def test_a_notebook_that_cannot_be_shown_is_refused(tmp_path, cells, missing):
    with pytest.raises(SystemExit, match=rf"small.ipynb does not have {missing}[^,]*\.$"):
        make(write(tmp_path / "notebooks", *cells), tmp_path / "html")


def test_a_stored_notebook_that_was_cleared_can_be_restored(tmp_path):
    folder = write(tmp_path / "notebooks", new_markdown_cell(TABLE), shown())
    git = ["git", "-C", folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "stored"]):
        subprocess.run([*git, *command], check=True)
    nbformat.write(new_notebook(cells=[new_markdown_cell(TABLE), new_code_cell("dot")]), folder / "small.ipynb")
    with pytest.raises(SystemExit, match="or discard all changes to it: git checkout HEAD -- ") as refused:
        make(folder, tmp_path / "html")
    subprocess.run([*git, "checkout", "HEAD", "--", refused.value.code.rpartition(" ")[2]], check=True)
    make(folder, tmp_path / "html")


def test_the_index_links_to_the_page_that_recognizes_actions_if_it_is_published(gallery, tmp_path):
    main(["--notebooks", str(TOP / "notebooks"), "--output", str(tmp_path), "--web", "web/"])
    assert not pages(gallery)[gallery / "index.html"].select('a[href="web/"]')
    [link] = pages(tmp_path)[tmp_path / "index.html"].select('a[href="web/"]')
    assert link.text == "Recognize and teach actions in your browser"
