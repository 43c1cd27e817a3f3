"""Count the answers of a class to the quizzes, without names: in memory, until the server stops."""

import html
import json
import threading

from helpers.display.quiz import FOLDER, quiz

LARGEST = 1000  # bytes of a request
MOST = 1000  # senders in a lesson
STYLE = (
    "body { font-family: system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; } "
    "td, th { text-align: left; padding-right: 1rem; }"
)
START = (
    f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Quizzes of the class</title><style>{STYLE}</style></head>'
    "<body><main><h1>Quizzes of the class</h1><p>First answers, without names. Load the page again for new ones.</p>"
)


class Tally:
    """The first answers that students sent: for each lesson, from a sender's random number to the answers."""

    def __init__(self):
        self.lessons = {path.stem: {} for path in sorted((FOLDER / "quizzes").glob("*.json"))}
        self.lock = threading.Lock()

    def add(self, body):
        """Add the answers in a request, or replace those of the same sender; raise ValueError if it is not from a quiz."""
        try:
            lesson, sender, answers = (json.loads(body)[name] for name in ("lesson", "sender", "answers"))
            senders, questions = self.lessons[lesson], quiz(lesson).questions
            is_quiz = len(answers) == len(questions) and all(answer in (None, True, False) for answer in answers)
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"not the answers to a quiz: {error!r}") from None
        with self.lock:
            if not is_quiz or not isinstance(sender, int) or (sender not in senders and len(senders) >= MOST):
                raise ValueError("not the answers to a quiz")
            senders[sender] = answers

    def page(self):
        """Return a web page: for each question, how many first answers were right."""
        tables = []
        with self.lock:
            for lesson, senders in self.lessons.items():
                rows = []
                for question, answers in zip(quiz(lesson).questions, zip(*senders.values())):
                    counts = f"{answers.count(True)} of {len(answers) - answers.count(None)}"
                    rows.append(f"<tr><td>{html.escape(question['question'])}</td><td>{counts}</td></tr>")
                if rows:
                    head = '<tr><th scope="col">question</th><th scope="col">right</th></tr>'
                    tables.append(f"<h2>Lesson {lesson}</h2><table>{head}{''.join(rows)}</table>")
        return f"{START}{''.join(tables) or '<p>No answers yet.</p>'}</main></body></html>"
