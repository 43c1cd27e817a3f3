"""The groups of clips: their names, and tables of them."""

import pytest

from helpers.clips.folders import one_spelling, read_groups
from helpers.learn.leaks import check_leak, held_out
from tests.support.learning import folder_of


def test_a_group_is_one_however_its_name_is_written(tmp_path):
    names = ["Jos\u00e9", "Jose\u0301", "anna", " Anna  ", "anna  b", "Anna B"]
    assert one_spelling(names) == ["Jos\u00e9"] * 2 + ["anna"] * 2 + ["anna  b"] * 2
    for _, test in held_out(["a", "b"] * 3, names):
        assert len(test) == 2
    with pytest.raises(ValueError, match="1 group is in the training set and in the test set"):
        check_leak(names, [0, 2], [1])
    folder = folder_of(tmp_path, {f"wave/{i}.avi": b"1" for i in range(6)})
    (tmp_path / "groups.tsv").write_text("".join(f"{i}.avi\t{name}\n" for i, name in enumerate(names)), encoding="utf-8")
    found = read_groups(tmp_path / "groups.tsv", folder, [f"wave/{i}.avi" for i in range(6)])
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    "lines",
    [
        "wave/1.avi\tanna\njump/2.avi\tben\n",
        "class\tGroup\tfile\nx\tanna\tclips/wave/1.avi\nx\tben\tclips/jump/2.avi\n",
        "clip\tperson\t\nwave/1.avi\tanna\t\njump/2.avi\tben\t\n",
        "1.avi\tanna\n2.avi\tben",
        "1.avi\tanna\n  \n\t\n2.avi\tben\n \t \n",
    ],
)
def test_groups_are_read_from_a_table(lines, tmp_path):
    folder = folder_of(tmp_path, {"wave/1.avi": b"1", "jump/2.avi": b"2"})
    (tmp_path / "groups.tsv").write_text(lines)
    assert read_groups(tmp_path / "groups.tsv", folder, ["wave/1.avi", "jump/2.avi"]) == ["anna", "ben"]


@pytest.mark.parametrize(
    "lines, message",
    [
        ("wave/1.avi\tanna", "no group for 1 of 2 clips, such as jump/2.avi: add a line"),
        ("wave/1.avi\tanna\nwave/1.avi\tben", "two groups for wave/1.avi: anna and ben"),
        ("wave/1.avi anna", "a line without a group"),
        (
            "clip\tsession\tperson\nwave/1.avi\t1\tanna",
            "more than two columns, .* It is: clip, session, person",
        ),
    ],
)
def test_a_bad_table_of_groups_is_an_error(lines, message, tmp_path):
    folder = folder_of(tmp_path, {"wave/1.avi": b"1", "jump/2.avi": b"2"})
    (tmp_path / "groups.tsv").write_text(lines)
    with pytest.raises(ValueError, match=message):
        read_groups(tmp_path / "groups.tsv", folder, ["wave/1.avi", "jump/2.avi"])
