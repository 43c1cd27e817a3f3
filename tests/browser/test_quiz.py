"""A quiz in a web page and in JupyterLab, with mouse and keyboard."""

from functools import partial

import pytest

from helpers.display.quiz import quiz
from tests.support import TOP
from tests.support.axe import findings
from tests.support.lab import jupyterlab, open_and_run, write_notebook
from tests.support.servers import running
from tools.classroom.serve import Handler, Server

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
RIGHT = [next(answer["answer"] for answer in one["answers"] if answer.get("right")) for one in quiz("01").questions]
WRONG = [next(answer["answer"] for answer in one["answers"] if not answer.get("right")) for one in quiz("01").questions]


def answer(page, choices):
    """Choose an answer to each question; return the text below each, and the score."""
    for choice in choices:
        page.get_by_label(choice).check()
    return page.locator(".quiz-why").all_inner_texts(), page.locator(".quiz-score").inner_text()


def test_the_first_answer_to_each_question_counts(browser):
    page = browser.new_page()
    page.set_content(f'<html lang="en"><title>Quiz</title><main><h1>Quiz</h1>{quiz("01")._repr_html_()}</main></html>')
    reasons, score = answer(page, WRONG[:1])
    assert reasons[0].startswith("No. ") and score == "0 of 1 right at the first try so far."
    reasons, score = answer(page, RIGHT)
    assert [reason.startswith("Right. ") for reason in reasons] == [True] * 5 and score == "4 of 5 right at the first try."
    assert findings(page) == []
    page.close()


def test_a_class_sees_how_many_first_answers_were_right(browser, tmp_path, monkeypatch, screenshots):
    with running(Server(("127.0.0.1", 0), partial(Handler, directory=tmp_path))) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("I3D_CLASSROOM", address)
        page = browser.new_page()
        page.set_content(quiz("01")._repr_html_())
        for choices in (WRONG[:1], RIGHT):
            answer(page, choices)
            page.get_by_role("button").click()
            page.get_by_text("Sent.").wait_for()
        page.goto(f"{address}/quiz")
        assert page.get_by_role("cell").all_inner_texts()[1::2] == ["0 of 1", *4 * ["1 of 1"]]
        assert findings(page) == []
        page.screenshot(path=screenshots / "quiz_class.png")
        page.close()


@pytest.mark.parametrize("theme", THEMES)
def test_a_quiz_in_jupyterlab_is_answered_with_the_keyboard(browser, tmp_path, screenshots, theme):
    (tmp_path / "notebooks").mkdir()
    write_notebook(tmp_path / "notebooks" / "quiz.ipynb", ["from helpers.display.quiz import quiz\n\nquiz('01')", "'next cell'"])
    with jupyterlab(tmp_path, tmp_path / "own", PYTHONPATH=str(TOP)) as lab:
        page = browser.new_page()
        page.request.put(
            f"{lab['url']}lab/api/settings/@jupyterlab/apputils-extension:themes",
            headers={"Authorization": f"token {lab['token']}"},
            data={"raw": f'{{"theme": "{THEMES[theme]}"}}'},
        )
        open_and_run(page, lab, "quiz.ipynb")
        first = page.locator(".quiz fieldset").first.get_by_role("radio")
        first.first.focus()
        page.keyboard.press("Space")
        assert first.first.is_checked()
        page.keyboard.press("ArrowDown")
        assert first.nth(1).is_checked() and first.nth(1).evaluate("radio => radio === document.activeElement")
        assert page.locator(".quiz-score").inner_text().endswith("of 1 right at the first try so far.")
        answer(page, RIGHT[1:])
        page.screenshot(path=screenshots / f"quiz_{theme}.png")
        assert not [finding for finding in findings(page) if "quiz" in str(finding)]
        page.close()
