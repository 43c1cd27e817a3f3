"""The quizzes of the lessons: what they ask, and what they show."""

import json
import re

import pytest

from helpers.display.quiz import quiz
from tests.support import TOP

LESSONS = {path.stem[:2]: path for path in sorted((TOP / "notebooks").glob("*.ipynb"))}
every_lesson = pytest.mark.parametrize("lesson", LESSONS)


@every_lesson
def test_each_question_has_one_right_answer_and_a_reason_for_each(lesson):
    questions = quiz(lesson).questions
    assert len(questions) == 5 == len({question["question"] for question in questions})
    for question in questions:
        assert len(question["answers"]) == 3 == len({answer["answer"] for answer in question["answers"]})
        assert [answer.get("right", False) for answer in question["answers"]].count(True) == 1
        assert all(answer["why"].endswith(".") for answer in question["answers"])


@every_lesson
def test_the_right_answer_is_not_always_in_the_same_place(lesson):
    places = [[answer.get("right", False) for answer in question["answers"]].index(True) for question in quiz(lesson).questions]
    assert set(places) == {0, 1, 2}


@every_lesson
def test_the_numbers_in_reasons_are_in_the_lesson(lesson):
    cells = json.loads(LESSONS[lesson].read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    texts += ["".join(output.get("text", "")) for cell in cells for output in cell.get("outputs", [])]
    known = set(re.findall(r"\d+(?:\.\d+)?", "\n".join(texts)))
    for question in quiz(lesson).questions:
        for answer in question["answers"]:
            assert set(re.findall(r"\d+(?:\.\d+)?", answer["why"])) <= known, answer["why"]


@every_lesson
def test_a_lesson_ends_with_its_quiz(lesson):
    cells = json.loads(LESSONS[lesson].read_text(encoding="utf-8"))["cells"]
    [i] = [i for i, cell in enumerate(cells) if cell["id"] == "quiz"]
    assert "".join(cells[i]["source"]).endswith(f'quiz("{lesson}")')
    assert "".join(cells[i + 1]["source"]).startswith("## Exercises")
    assert "".join(cells[i]["outputs"][0]["data"]["text/html"]) == quiz(lesson)._repr_html_(), "execute the notebook again"


def test_only_in_a_classroom_answers_can_be_sent(monkeypatch):
    assert "<button" not in quiz("01")._repr_html_()
    monkeypatch.setenv("I3D_CLASSROOM", "http://10.0.0.1:8000")
    assert "<button" in quiz("01")._repr_html_() and 'data-server="http://10.0.0.1:8000"' in quiz("01")._repr_html_()


def test_a_lesson_without_a_quiz_is_an_error_that_names_the_others():
    with pytest.raises(ValueError, match="there is no quiz '7', only 01, 02, 03, 04, 05, 06"):
        quiz("7")
