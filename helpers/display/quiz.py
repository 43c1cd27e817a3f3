"""Quizzes: questions about a lesson that are answered in the notebook, or on its web page, without a connection."""

import html
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
KEYS = 'data-lm-suppress-shortcuts="true"'  # so that JupyterLab does not take keys such as the arrows for its own commands
SCRIPT, STYLE = ((FOLDER / f"quiz.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))


@dataclass(frozen=True)
class Quiz:
    """The questions of a lesson: a form in a notebook, their number in a terminal."""

    lesson: str
    questions: list[dict[str, Any]]

    def __repr__(self) -> str:
        return f"Quiz of lesson {self.lesson}: {len(self.questions)} questions"

    def _repr_html_(self) -> str:
        questions = "".join(_question(f"quiz-{self.lesson}-{i}", i, one) for i, one in enumerate(self.questions, start=1))
        server = html.escape(os.environ.get("I3D_CLASSROOM", ""))  # set in a classroom
        send = (
            f'<p><button type="button" {KEYS}>Send my first answers to the class, without my name</button></p>' if server else ""
        )
        return (
            f'<div class="quiz" role="group" aria-label="Quiz" data-lesson="{self.lesson}" data-server="{server}">'
            f"<style>{STYLE}</style>{questions}"
            f'<p class="quiz-score" role="status">Only first answers count.</p>{send}<script>{SCRIPT}</script></div>'
        )


def _question(name: str, number: int, question: dict[str, Any]) -> str:
    """Return a question and its answers as HTML; each answer has its explanation with it, for the script to show."""
    answers = "".join(
        f'<label><input type="radio" name="{name}" {KEYS} data-right="{str(answer.get("right", False)).lower()}" '
        f'data-why="{html.escape(answer["why"])}"> {html.escape(answer["answer"])}</label>'
        for answer in question["answers"]
    )
    legend = f"<legend>{number}. {html.escape(question['question'])}</legend>"
    return f'<fieldset>{legend}{answers}<p class="quiz-why" role="status"></p></fieldset>'


def quiz(lesson: str) -> Quiz:
    """Return the quiz of a lesson, as the last line of a cell shows it.

    Each choice is followed by "Right" or "No", and by the reason. The score counts the first answer to each question. Nothing is
    sent anywhere, except by a button that is there only in a classroom (`make classroom`): then the teacher's computer counts how
    many first answers to each question were right, without names. The questions are in `quizzes/`, next to this file.

    Parameters
    ----------
    lesson : str
        The number of a notebook, "01" to "06".

    Raises
    ------
    ValueError
        If there is no such quiz.

    Examples
    --------
    >>> quiz("01")
    Quiz of lesson 01: 5 questions
    """
    path = FOLDER / "quizzes" / f"{lesson}.json"
    if not path.is_file():
        known = ", ".join(sorted(path.stem for path in path.parent.glob("*.json")))
        raise ValueError(f"there is no quiz {lesson!r}, only {known}.")
    return Quiz(lesson, json.loads(path.read_text(encoding="utf-8")))
