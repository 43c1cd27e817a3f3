"""UCF101 in JupyterLab, as a reader with an internet connection sees it; the server is on 127.0.0.1."""

import pytest

from tests.browser.test_browser import CLICK, colors, lab, page, tutorial  # noqa: F401
from tests.support import TOP
from tests.support.axe import findings
from tests.support.ucf101 import CLASSIC, allow_private_issuers, cache_of_its_own, serve_ucf101

TABLE = '[aria-label="Categories and counts"]'


@pytest.fixture(scope="module")
def path():
    return TOP / "notebooks" / "01_recognize_actions.ipynb"


@pytest.fixture(scope="module", autouse=True)
def server(tutorial, tmp_path_factory):  # noqa: F811
    """Serve UCF101 to the notebook, which is started afterwards."""
    folder = tmp_path_factory.mktemp("ucf101")
    allow_private_issuers(tutorial)
    with serve_ucf101(folder) as (server, variables), pytest.MonkeyPatch.context() as environment:
        for name, value in (variables | cache_of_its_own(folder / "cache")).items():
            environment.setenv(name, value)
        yield server


def test_the_categories_scroll(page):  # noqa: F811
    table = page.locator(TABLE).last
    assert "13,320 videos in 101 categories" in table.inner_text()
    assert table.locator("tbody tr").count() == 101
    assert table.evaluate("element => element.scrollHeight > element.clientHeight && element.clientHeight < 600")
    table.focus()
    page.keyboard.press("End")
    page.wait_for_function(f"() => [...document.querySelectorAll('{TABLE}')].pop().scrollTop > 0", timeout=CLICK * 1000)


def test_the_classic_and_two_random_clips_play_with_their_predictions(page, server, screenshots):  # noqa: F811
    cells = page.locator(".jp-CodeCell", has=page.locator('img[alt*="the clip v_"]'))
    assert cells.count() == 3
    assert CLASSIC in cells.first.locator(".jp-OutputArea").inner_text()
    for number in range(3):
        cell = cells.nth(number)
        assert colors(cell.locator("img").last) > 50
        assert "Probability of each action" in cell.inner_text()
        cell.screenshot(path=screenshots / f"ucf101_{number}.png")
    assert len({request.path for request, _ in server.log}) >= 3, "the list and the clips"


def test_the_page_is_accessible(page):  # noqa: F811
    clips = ".jp-CodeCell:has(img[alt*='the clip v_']) .jp-OutputArea"
    assert findings(page, within=[TABLE, clips]) == []
