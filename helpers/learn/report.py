"""The page that `learn --report` writes: what was scored, and a picture of each clip whose predicted action is wrong.

It is one file that requests nothing from elsewhere. The pictures are of the reader's clips, so they are only in this file.
"""

import base64
import html
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from ..basics.files import replace_file
from ..basics.messages import number
from ..clips.folders import Clip
from ..display.reliability import draw_reliability
from ..predictions.calibration import errors_if_calibrated, reliability
from ..video.metadata import VideoError
from ..video.reading import VideoReader, iterate_frames
from .score import Score, Wrong, accuracy_interval, in_parentheses
from .unknown_actions import UnknownActions

WIDTH = 240  # of a picture, in pixels
FPS = 5  # at which the middle frame is looked for
MOST_PICTURES = 200
STYLE = """
:root { color-scheme: light dark; --line: #bbb; --pale: #eef3fa; }
@media (prefers-color-scheme: dark) { :root { --line: #555; --pale: #1d2a3a; } }
body { font-family: system-ui, sans-serif; line-height: 1.5; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid var(--line); padding: 0.2rem 0.7rem; text-align: left; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.own { background: var(--pale); font-weight: bold; }
.clips { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1.5rem; }
pre { overflow-x: auto; }
figure { margin: 0; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; display: block; }
"""
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def write_report(
    path: str | os.PathLike, title: str, score: Score, unknown: UnknownActions | None, clips: Mapping[str, Clip]
) -> None:
    """Write the page about a score; `clips` are the clips by their names. Raises OSError if it cannot be written."""
    sections = [accuracies(score), recalls(score), confusions(score), calibration(score), wrong_clips(score, clips)]
    if unknown:
        sections.append(unknown_actions(unknown))
    page = PAGE.format(title=html.escape(title), style=STYLE, body="\n".join("\n".join(section) for section in sections))
    replace_file(path, page.encode("utf-8", "backslashreplace"))  # the name of a file may be invalid Unicode


def accuracies(score: Score) -> Iterator[str]:
    """Yield the lines of the section about accuracies, beside baselines."""
    yield paragraph(score.summary)
    if score.verdict:
        yield paragraph(score.verdict)
    yield "<h2>Accuracy on groups that were held out</h2>"
    rows = []
    for title, predicted in score.rows():
        correct = score.correct(predicted)
        bounds = in_parentheses(accuracy_interval(correct, score.groups))
        recall = f"{score.mean_recall_of(predicted):.1%}"
        rows.append((title, f"{int(correct.sum())} of {len(correct)}", f"{correct.mean():.1%}{bounds}", recall))
    yield table(["", "clips correct", "accuracy (95% interval)", "mean recall"], rows)
    yield paragraph("Baselines, which see no movement: " + "; ".join(score.baselines) + ".")


def recalls(score: Score) -> Iterator[str]:
    """Yield the lines of the section about each action."""
    yield "<h2>Recall of each action</h2>"
    counts = {label: (row[i], row.sum()) for i, (label, row) in enumerate(zip(score.labels, score.confusion))}
    rows = [
        (label, "{} of {}".format(*counts[label]), f"{recall:.1%}{in_parentheses(score.recall_interval(label))}")
        for label, recall in score.recall.items()
    ]
    yield table(["action", "clips correct", "recall (95% interval)"], rows)
    if any(score.recall_interval(label) is None for label in score.recall):
        yield paragraph("An action with clips of fewer than 5 groups has no interval.")


def confusions(score: Score) -> Iterator[str]:
    """Yield the lines of the section with the confusion matrix."""
    yield "<h2>Confusion matrix</h2>"
    yield paragraph("A row for each true action, a column for each predicted one.")
    rows = [(label, *(str(n) if n else "·" for n in row)) for label, row in zip(score.labels, score.confusion.tolist())]
    yield table(["", *score.labels], rows, diagonal=True)


def calibration(score: Score) -> Iterator[str]:
    """Yield the lines of the section that compares probabilities with accuracies; nothing if there are no probabilities."""
    if not score.probabilities:
        return
    found = reliability(score.probabilities, score.correct(score.predicted).astype(bool), score.groups)
    simulated = errors_if_calibrated(score.probabilities)
    yield "<h2>Calibration</h2>"
    yield paragraph(
        "Whether predictions with a probability of 80% are correct in 80% of cases, on clips that were held out. Expected "
        f"calibration error: {found.error:.3f}. It is more than 0 even for calibrated probabilities, because these are only "
        f"{number(len(score.probabilities), 'clip')}: {simulated.mean():.3f} on average, and up to "
        f"{np.quantile(simulated, 0.95):.3f} in 95% of simulations with independent clips."
    )
    rows = [
        (f"{mean:.1%}", f"{round(accuracy * count)} of {count}", f"{accuracy:.1%}{in_parentheses(bounds)}")
        for mean, accuracy, count, bounds in found.bins
    ]
    yield table(["mean probability", "clips correct", "accuracy (95% interval)"], rows)
    chart = draw_reliability({"held-out clips": found.bins})
    picture = base64.b64encode(chart.png()).decode()
    yield f'<p><img src="data:image/png;base64,{picture}" alt="{html.escape(chart.alt, quote=True)}"></p>'


def wrong_clips(score: Score, clips: Mapping[str, Clip]) -> Iterator[str]:
    """Yield the lines of the section about the wrong clips, with their middle frames."""
    wrong = score.wrong
    yield "<h2>Wrong clips</h2>"
    if not wrong:
        yield paragraph("The predicted action of each clip is correct.")
        return
    shown = f" Only the first {MOST_PICTURES} have pictures." if len(wrong) > MOST_PICTURES else ""
    yield paragraph(f"{number(len(wrong), 'clip')}; the most confident first.{shown}")
    yield '<div class="clips">'
    pictures = middle_frames({clip.name: clips[clip.name] for clip in wrong[:MOST_PICTURES] if clip.name in clips})
    for i, clip in enumerate(wrong):
        yield figure(clip, pictures.get(clip.name, ""), "<p>No picture.</p>" if i < MOST_PICTURES else "")
    yield "</div>"


def unknown_actions(unknown: UnknownActions) -> Iterator[str]:
    """Yield the lines of the section about unknown actions."""
    yield "<h2>Unknown actions</h2>"
    yield f'<pre tabindex="0">{html.escape(str(unknown))}</pre>'


def figure(clip: Wrong, picture: str, without: str) -> str:
    """Return a wrong clip with its picture, a `data:` address or ""; `without` is shown instead of no picture."""
    alt = html.escape(f"Middle frame of {clip.name}", quote=True)
    image = f'<img src="{picture}" alt="{alt}" width="{WIDTH}">' if picture else without
    return f"<figure>{image}<figcaption>{html.escape(str(clip))}</figcaption></figure>"


def middle_frames(clips: Mapping[str, Clip]) -> dict[str, str]:
    """Return the middle frames of the clips that can be read, by the clips' names, as `data:` addresses."""
    pictures: dict[str, str] = {}
    middles: dict[Path, list[tuple[float, str]]] = {}  # of intervals: seconds and name, for each recording
    for name, clip in clips.items():
        if clip.start is None or clip.end is None:
            pictures[name] = middle_frame(clip.path)
        else:
            middles.setdefault(clip.path, []).append(((clip.start + clip.end) / 2, name))
    for path, times in middles.items():
        pictures |= frames_at(path, times)
    return pictures


def middle_frame(path: Path) -> str:
    """Return the middle frame of a clip, made small, as a `data:` address; "" if the clip cannot be read."""
    shrunk = []
    try:
        shrunk = [small(frame) for frame in iterate_frames(path, FPS)]
    except (OSError, VideoError, cv2.error):
        pass  # it was read when its features were computed, and may have been moved since
    return as_address(shrunk[len(shrunk) // 2]) if shrunk else ""


def frames_at(path: Path, times: Sequence[tuple[float, str]]) -> dict[str, str]:
    """Return the frames of a recording at times in seconds, by their names; it is read once, up to the last of them."""
    waiting = sorted(times, reverse=True)
    pictures: dict[str, str] = {}
    try:
        with closing(VideoReader(path, FPS)) as reader:
            for count, frame in enumerate(reader, 1):
                while waiting and waiting[-1][0] < reader.start + count / FPS:
                    pictures[waiting.pop()[1]] = as_address(small(frame))
                if not waiting:
                    break
    except (OSError, VideoError, cv2.error):
        pass  # as above
    return pictures


def small(frame: np.ndarray) -> np.ndarray:
    """Return a frame, uint8 `[H, W, 3]`, at the width of a picture."""
    height, width = frame.shape[:2]
    return cv2.resize(frame, (WIDTH, max(1, round(WIDTH * height / width))), interpolation=cv2.INTER_AREA)


def as_address(frame: np.ndarray) -> str:
    """Return a frame, uint8 `[H, W, 3]`, RGB, as a `data:` address."""
    _, content = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    return f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode()}"


def paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], diagonal: bool = False) -> str:
    """Return a table whose first column names its rows; with `diagonal`, the cells of the diagonal stand out."""
    lines = ["<tr>" + "".join(f'<th scope="col">{html.escape(name)}</th>' for name in header) + "</tr>"]
    for i, (name, *cells) in enumerate(rows):
        kinds = ["number own" if diagonal and i == j else "number" for j in range(len(cells))]
        values = "".join(f'<td class="{kind}">{html.escape(cell)}</td>' for kind, cell in zip(kinds, cells))
        lines.append(f'<tr><th scope="row">{html.escape(name)}</th>{values}</tr>')
    return '<div class="table" tabindex="0"><table>\n' + "\n".join(lines) + "\n</table></div>"
