"""Every number in the prose of a notebook comes from its data, its code, or a named source.

A number in a Markdown cell must appear, rounded as in the prose, in the code or an output of the same section, above the cell or
in the code cell right below it (for a question that the code then settles). A percentage must also be a percentage there. The
first and last sections may refer to the entire notebook. Everything else needs an entry in CONSTANTS, which is computed here, or
in QUOTED, which names a source.

Not compared: number words below eleven, years, numbered lists, code, links, and names such as I3D or UCF101. A correct number in
an incorrect sentence is not detected.
"""

import json
import re

import pytest

from helpers import kinetics_labels, samples
from helpers.display.history import ACTION_MODELS, TEST
from helpers.predictions.timeline import STEP
from helpers.video.preprocessing import I3D_CROP_FRACTION, I3D_FPS
from tests.support import TOP

NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))
TEENS = "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()
WORDS = {word: i for i, word in enumerate(TEENS, start=11)} | {"thirty": 30, "forty": 40, "fifty": 50, "hundred": 100}
NUMBER = re.compile(rf"(?<![\w.\-/])\d+(?:,\d{{3}})*(?:\.\d+)?(?:\s?%)?(?![\w-]|\.\d)|(?i:\b(?:{'|'.join(WORDS)})\b)")

# Numbers that may appear in any cell, from the code that they describe.
CONSTANTS = {
    "400": len(kinetics_labels()),
    "224": 224,  # helpers.video.preprocessing: the frames' height and width
    "25": I3D_FPS,
    "8": STEP,
    "44": len(samples),
    "11": len(samples.categories),
}
# Phrases of one notebook, and where their numbers come from.
MEASURED = "benchmarks/RESULTS.md, or a run with the memory and the time of the process"
LESSON = "A lesson of 60 minutes"  # docs/teaching.md; checked below
QUOTED: dict[str, dict[str, str]] = {
    "01_recognize_actions": {
        "2 GB of memory": MEASURED,
        "*Cartwheeling*, with 74%": "the prediction in the section above",
        "47 MB": "the size of the package with the weights, helpers/models/i3d/weights.py",
        "30 or 60": "usual frame rates of phones",
        "0.875 of the frame's shorter side": "helpers.video.preprocessing.I3D_CROP_FRACTION; checked below",
        "from 0 to 255": "the range of a byte",
        "64 times": "the code below the sentence",
        "only 5 percentage points of its accuracy on Kinetics": "Huang et al., CVPR 2018, abstract",
        "add up to 1": "a property of softmax",
        "Of the 24 found clips, 22": "the output in the section before the previous one",
        "repository (2.4 MB)": "the size of the authors' animation",
        "published 99.7% for this network": "out/no_imagenet_rgb.txt in the authors' repository, commit 50c8f191",
        "99.9997%": "out/imagenet_rgb.txt in the authors' repository",
        "with 71.1% of the test set right": "helpers/display/history.py; checked below",
        "with 68.4% (88.0%": "the authors' README; 68.4 checked below",
        "All 230 arrays": "tests/network/models/test_authors.py",
        "can be reached (50 MB)": "the size of the authors' two files",
        "report 68.4%": "helpers/display/history.py; checked below",
        "13,320 clips of 101 actions": "Soomro, Zamir & Shah, 2012",
        "over 10% of Kinetics-400": "Piergiovanni & Ryoo, 2020, section 1",
        "I3D gets 15 right": "samples/README.md; checked below",
        "98.0% on UCF101": "helpers/display/history.py; checked below",
        "about 300,000 clips": "Kay et al., 2017: 306,245",
    },
    "03_why_three_dimensions": {
        "3 GB of memory": MEASURED,
        "Binder's 2 GB": "tools/notebooks/repository.py",
        "Below 2 and 3": "numbers of exercises",
        "Guessing gets a quarter": "four directions",
        "A stride of 2": "helpers/models/i3d/network.py",
        "a stride of 2": "helpers/models/i3d/network.py",
        "networks (51 MB each)": "the size of the authors' files",
        "71.1% to 74.2%": "helpers/display/history.py; checked below",
        "25.86 (RGB) + 15.96 (flow) = 41.81": "out/imagenet_*.txt in the authors' repository",
        "32 x 112 x 112 x 64": "the drawing below it",
        "107 frames long": "the drawing above it",
        "filters 20 and 27": "the cell that computes the coherence; their moving share was computed, too",
        "43 of 64 filters": "the measure that the exercise describes, for the filters of the notebook",
        "6/7, or 86%": "arithmetic: all but a seventh of the energy is outside the mean",
    },
    "05_do_not_fool_yourself": {
        "best of some fifteen variants": "samples/README.md",
        "a side of 0.875": "helpers.video.preprocessing.I3D_CROP_FRACTION",
        "A 95% interval contains the true mean in 95 of 100": "the usual level, as in the code",
        "30 *views* of a video: 10 clips, spread over its length, with 3 crops": "helpers/measure/views.py",
        "is 80% right in 80% of the cases": "an example",
        "if 80% of the predictions that it gives 80%": "the definition",
        "1024 channels": "helpers/models/i3d/network.py",
        "at frame 60": "the picture above it",
        "8 x 7 x 7 cells": "64 frames of 224 x 224 pixels, in cells of helpers.measure.occlusion.CELL_PIXELS and 8 frames",
        "32 x 32 pixels": "helpers.measure.occlusion.CELL_PIXELS",
    },
    "02_your_own_video": {
        "5 GB of memory": MEASURED,
        "Binder's 2 GB": "tools/notebooks/repository.py",
        "2 x 2 x 2 = 8": "arithmetic",
        "640 frames": "arithmetic: five clips of 64 frames, twice",
        "640 / 8 = 80": "arithmetic",
        "every 5.12 seconds": "arithmetic: 128 frames at 25 per second",
        "the 15 of 20": "samples/README.md; checked below",
        "16 frames, 32, 64, 128, or 256": "the windows of the cell that scores them",
        "*window* of 64 frames": "the default of helpers.predictions.timeline.Timeline.window",
        "19 cuts": "arithmetic: between 20 clips",
        "64 frames by default": "the default of helpers.predictions.timeline.Timeline.window",
        "95% intervals": "from the 2.5th to the 97.5th percentile, as in the code",
    },
    "06_newer_and_live": {
        "in each of its 15 blocks": "the states of the model: 15 means in blocks, and one in the head",
        "2 GB of memory": MEASURED,
        "gets 13 frames instead of 64": "a sample clip of 2.56 s at 5 and at 25 frames per second",
        "MoViNet among 600": "helpers/measure/movinet_clips.py: CLASSES",
        "one of 16 tries": "arithmetic: 2 x 0.5 to the power of 5",
        "an error rate of 10%": "an example",
        "no error 15% of the time": "arithmetic: 0.9 to the power of 18",
        "368 of Kinetics-400's labels": "the label files of both: set(kinetics_labels()) & set(kinetics_labels(600))",
    },
    "04_teach_it_your_actions": {
        "2 GB of memory": MEASURED,
        "of the eleven sample actions": "len(samples.categories)",
        "1024 numbers": "helpers/models/i3d/saved_model.py: the signature `features`",
        "max(0, *x*)": "the definition of ReLU",
        "to the 24 clips": "six actions, four sides",
        "its 120 segmented clips: twenty recordings": "Ryoo & Aggarwal, 2010; samples/learned_real_clips.tsv",
        "from nineteen, 98.3%": "118 of 120, in the section on real clips",
        "its 600 logits": "MoViNet's labels, those of Kinetics-600",
        "Chance is 50%": "the area under the ROC curve of guesses",
        "until one is above 0.05": "the usual level",
        "a number from 0 to 3 for each of the 96 windows": "arithmetic: 24 clips, four windows each",
    },
}


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def text(cell):
    return "".join(cell["source"])


def printed(cell):
    """Return the code of a cell and the text that it printed."""
    outputs = [output.get("text", output.get("data", {}).get("text/plain", "")) for output in cell.get("outputs", [])]
    return "\n".join([text(cell), *("".join(output) for output in outputs)])


def prose(markdown, quoted=()):
    """Return a Markdown cell without code, links, years, list numbers, and quoted phrases."""
    for pattern in (
        r"```.*?```",
        r"`[^`]*`",
        r"\b[Nn]otebook 0\d",
        r"(?<=\])\([^)]*\)",
        r"^\s*\d+\. ",
        r"\b(?:19|20)\d\d\b",
        r"<[^>]*>",
    ):
        markdown = re.sub(pattern, " ", markdown, flags=re.M | re.S)
    for phrase in quoted:
        markdown = markdown.replace(phrase, " ")
    return markdown


def numbers(markdown):
    return [match.group() for match in NUMBER.finditer(markdown)]


def value(number):
    return WORDS.get(number.lower()) or float(number.replace(",", "").rstrip("% "))


def occurs(number, evidence):
    """Return whether a number occurs in code or output, which may have more digits."""
    decimals = len(number.rstrip("% ").partition(".")[2])
    percent = number.endswith("%")
    found = re.findall(r"(?<![\w.])[-+]?(\d+(?:,\d{3})*(?:\.\d+)?)(\s?%)?", evidence)
    return any((not percent or sign) and abs(value(found) - value(number)) <= 0.5 * 10**-decimals + 1e-9 for found, sign in found)


def evidence(cells, i):
    """Return the code and outputs that the Markdown cell `i` may refer to."""
    headings = [j for j, cell in enumerate(cells) if cell["cell_type"] == "markdown" and text(cell).startswith("#")]
    below = next((j for j in range(i, len(cells)) if cells[j]["cell_type"] == "code"), len(cells) - 1)
    of_everything = i < headings[1] or i >= headings[-1]
    first, last = (0, len(cells)) if of_everything else (max(j for j in headings if j <= i), below + 1)
    return "\n".join(printed(cell) for cell in cells[first:last] if cell["cell_type"] == "code")


def unproved(cells, quoted=()):
    """Return the unsupported numbers in prose, each with the ID of its cell."""
    return [
        f"{cell['id']}: {number}"
        for i, cell in enumerate(cells)
        if cell["cell_type"] == "markdown"
        for number in numbers(prose(text(cell), quoted))
        if CONSTANTS.get(number) != value(number) and not occurs(number, evidence(cells, i))
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_number_in_prose_is_in_the_data(path):
    assert unproved(cells(path), [LESSON, *QUOTED[path.stem]]) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_quoted_phrase_is_still_in_the_notebook(path):
    markdown = "\n".join(text(cell) for cell in cells(path) if cell["cell_type"] == "markdown")
    assert [phrase for phrase in QUOTED[path.stem] if phrase not in markdown] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_names_the_length_of_its_lesson_not_of_its_computing(path):
    first = text(cells(path)[0])
    assert LESSON in first and "of computing" not in first
    [section] = re.findall(
        rf"^## {path.stem[:2]} .*?(?=^## )", (TOP / "docs" / "teaching.md").read_text(encoding="utf-8"), re.M | re.S
    )
    assert sum(map(int, re.findall(r"^\|[^|]+\| (\d+) \|", section, re.M))) == 60


def test_quoted_numbers_that_can_be_computed():
    published = {(model.name, model.benchmark): model.accuracy for model in ACTION_MODELS}
    assert published["RGB-I3D (from scratch)", TEST] == 68.4 and published["RGB-I3D", TEST] == 71.1
    assert published["Two-Stream I3D", TEST] == 74.2
    assert published["Two-Stream I3D", "UCF101"] == 98.0
    assert I3D_CROP_FRACTION == 0.875
    samples_readme = (TOP / "samples" / "README.md").read_text(encoding="utf-8")
    assert sum(map(int, re.findall(r"\*\*[a-z ]+ (\d)\*\*", samples_readme))) == 15


def test_the_cost_of_a_timeline():
    """Notebook 02 claims: a quarter to a third more than a single prediction, about a sixth of a sliding window."""
    results = (TOP / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    plain, windows = (
        [float(ratio) for ratio in re.findall(rf"{row} \| [\d.]+ s \| [\d.]+ s \| ([\d.]+)", results)]
        for row in ("timeline of 1024 frames, vs. a single pass", "the same, vs. 64-frame windows every 8 frames")
    )
    assert plain and all(1.2 <= ratio <= 1.36 for ratio in plain), plain
    assert windows and all(0.15 <= ratio <= 0.18 for ratio in windows), windows


def test_the_stored_times_of_notebook_06():
    """For a second of video; printed where MoViNet is not available."""
    code = next(text(cell) for cell in cells(NOTEBOOKS[5]) if cell["id"] == "time-code")
    results = (TOP / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8").partition("## AMD EPYC")[2]
    measured = re.search(r"2.56 s of video, reading included, beside I3D \| ([\d.]+) s \| ([\d.]+) s", results)
    printed = re.search(r"AMD EPYC: MoViNet-A0 (\d+) ms, I3D (\d+) ms", code)
    for found, seconds in zip(printed.groups(), measured.groups()):
        assert float(found) == pytest.approx(1000 * float(seconds) / 2.56, rel=0.2)


def markdown_cell(source):
    return {"cell_type": "markdown", "id": "here", "source": source}


def code_cell(source, output=""):
    return {"cell_type": "code", "source": source, "outputs": [{"text": output}]}


SMALL = [
    markdown_cell("# Title"),
    markdown_cell("## One"),
    code_cell("frames[:32]", "cartwheeling: 98.4%"),
    markdown_cell("## Two"),
]


@pytest.mark.parametrize(
    "sentence, found",
    [
        ("The first 32 frames: 98%, or 98.4%, in 2017, by I3D on UCF101.", []),
        ("1. `range(7)` and [seven](https://example.org/7), 3D, Kinetics-400", []),
        ("It is 97% sure.", ["97%"]),
        ("98.5%", ["98.5%"]),
        ("32% of the frames", ["32%"]),
        ("some thirty frames, or 33", ["thirty", "33"]),
        ("13,320 clips", ["13,320"]),
    ],
)
def test_a_number_without_support_is_found(sentence, found):
    notebook = [*SMALL[:3], markdown_cell(sentence), *SMALL[3:]]
    assert unproved(notebook) == [f"here: {number}" for number in found]


def test_another_section_does_not_support_a_number():
    assert unproved([*SMALL, markdown_cell("98.4%"), markdown_cell("## Three")]) == ["here: 98.4%"]


def test_the_next_code_cell_supports_a_number_but_later_ones_do_not():
    notebook = [*SMALL, markdown_cell("5 or 6?"), code_cell("5"), code_cell("6"), markdown_cell("## Three")]
    assert unproved(notebook) == ["here: 6"]


def test_the_last_section_may_refer_to_all_sections():
    assert unproved([*SMALL, markdown_cell("98.4%")]) == []
