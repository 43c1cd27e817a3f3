"""The gallery in a browser: it needs neither a server nor an internet connection."""

import pytest

from tests.support import TOP
from tests.support.axe import findings
from tools.notebooks.gallery import main

NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))


@pytest.fixture
def gallery(tmp_path):
    main(["--notebooks", str(TOP / "notebooks"), "--output", str(tmp_path / "html")])
    return tmp_path / "html"


def test_the_gallery_opens_from_disk(gallery, browser, screenshots):
    context = browser.new_context(offline=True)
    page, requested = context.new_page(), []
    page.on("request", lambda request: requested.append(request.url))
    page.goto((gallery / "index.html").as_uri())
    page.screenshot(path=screenshots / "gallery.png", full_page=True)
    assert findings(page) == []
    titles = page.locator("h2 a").all_inner_texts()
    assert len(titles) == len(NOTEBOOKS)
    for title in titles:
        page.get_by_role("link", name=title, exact=True).click()
        page.wait_for_load_state("load")
        assert page.locator("h1").inner_text().startswith(title)
        pictures = page.eval_on_selector_all("img", "images => images.map(image => image.complete && image.naturalWidth)")
        assert pictures and all(pictures)
        page.get_by_role("link", name="All notebooks").click()
        page.wait_for_load_state("load")
    pictures = page.eval_on_selector_all("img", "images => images.map(image => image.naturalWidth)")
    assert len(pictures) == len(NOTEBOOKS) and all(pictures)
    assert {address.partition(":")[0] for address in requested} <= {"file", "data"}
    context.close()
