"""The code of docs/features.md, as a reader would paste it: it runs, and its results are those on the page."""

import re

import pytest

from tests.support import TOP

PAGE = (TOP / "docs" / "features.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.long
def test_the_page(without_features, capsys):
    names = {}
    for block in BLOCKS:
        exec(compile(block, "docs/features.md", "exec"), names)
    printed = capsys.readouterr().out
    assert printed.startswith("(7, 1024) float32\n[0.32 0.64 0.96 1.28 1.6  1.92 2.24]\n[ 0 64]\n")
    right, rows = map(int, re.search(r"(\d+) of (\d+) rows are right", printed).groups())
    found, actions = map(int, re.search(r"(\d+) of (\d+) actions were found", printed).groups())
    assert (rows, actions) == (188, 24)
    stated = [int(re.search(rf"`(\d+) of {rows} rows", PAGE)[1]), int(re.search(rf"`(\d+) of {actions} actions", PAGE)[1])]
    assert abs(right - stated[0]) <= 3 and abs(found - stated[1]) <= 1, "another processor may round differently"
    strict = sum(names["is_found"](true, ours, 0.7) for ours, known in zip(names["segments"], names["truth"]) for true in known)
    assert strict >= 20
