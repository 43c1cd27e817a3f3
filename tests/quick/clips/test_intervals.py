"""Tables of intervals: plain ones, BORIS's and ELAN's; and each mistake in them, with its line."""

import re

import pytest

from helpers.clips.intervals import read_intervals

PLAIN = "file,start,end,action\na.mp4,0,2.5,wave\na.mp4,2.5,0:00:04.25,clap\nday 2/b.mp4,1,2,wave\n"
EXPECTED = [("a.mp4", 0, 2.5, "wave"), ("a.mp4", 2.5, 4.25, "clap"), ("b.mp4", 1, 2, "wave")]


@pytest.fixture
def folder(tmp_path):
    """A folder of recordings; only their names matter here."""
    for name in ("recordings/a.mp4", "recordings/day 2/b.mp4", "recordings/a.eaf", "recordings/a.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path / "recordings"


def read(folder, text, **options):
    table = folder.parent / "table.csv"
    table.write_text(text, encoding="utf-8", newline="")
    return [(found.file.name, found.start, found.end, found.action) for found in read_intervals(table, folder, **options)]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", ";").replace(".5", ",5").replace("04.25", "04,25"),
        "\ufeff" + PLAIN.replace("\n", "\r\n") + "\r\n",
        'action,note,Start,END,File\nwave,,0,2.5,a.mp4\nclap,"one, two",2.5,4.25,a.mp4\nwave,,1,2,C:\\videos\\b.mp4\n',
    ],
    ids=["commas", "tabs", "semicolons and decimal commas", "as a spreadsheet saves it", "other columns, another computer"],
)
def test_a_plain_table(folder, text):
    assert read(folder, text) == EXPECTED


AGGREGATED_8 = """\
Observation id\tObservation date\tDescription\tObservation type\tSource\tTime offset (s)\tCoding duration\tMedia duration (s)\t\
FPS (frame/s)\tSubject\tObservation duration by subject by observation\t\
Behavior\tBehavioral category\tModifier #1\tBehavior type\t\
Start (s)\tStop (s)\tDuration (s)\tMedia file name\tImage index start\tImage index stop\tImage file path start\t\
Image file path stop\tComment start\tComment stop
one\t2026-01-01 10:00:00\t\tMedia file\tplayer #1:D:/a.mp4\t0.0\t9.000\t9.000\t25.000\tAnn\t4.25\twave\tNot defined\t\tSTATE\t\
0.000\t2.500\t2.500\tD:/a.mp4\t\t\t\t\t\t
one\t2026-01-01 10:00:00\t\tMedia file\tplayer #1:D:/a.mp4\t0.0\t9.000\t9.000\t25.000\tAnn\t4.25\tclap\tNot defined\t\tSTATE\t\
2.500\t4.250\t1.750\tD:/a.mp4\t\t\t\t\t\t
one\t2026-01-01 10:00:00\t\tMedia file\tplayer #1:D:/a.mp4\t0.0\t9.000\t9.000\t25.000\tAnn\t4.25\tblink\tNot defined\t\tPOINT\t\
3.000\t3.000\tNA\tD:/a.mp4\t\t\t\t\t\t
two\t2026-01-02 10:00:00\t\tMedia file\tplayer #1:D:/b.mp4|player #2:D:/side.mp4\t0.0\t9.000\t9.000\t25.000\tAnn\t1.0\twave\t\
Not defined\t\tSTATE\t1.000\t2.000\t1.000\tD:/b.mp4\t\t\t\t\t\t
"""
AGGREGATED_7 = """\
Observation id,Observation date,Description,Media file,Total length,FPS,Subject,Behavior,Behavioral category,Modifiers,\
Behavior type,Start (s),Stop (s),Duration (s),Comment start,Comment stop
one,2021-12-06 13:26:24,,T:/Videos/a.mp4,9.000,29.97,No focal subject,wave,,,STATE,0.000,2.500,2.500,,
one,2021-12-06 13:26:24,,T:/Videos/a.mp4,9.000,29.97,No focal subject,clap,,,STATE,2.500,4.250,1.750,,
two,2021-12-06 13:26:24,,T:/Videos/b.mp4,9.000,29.97,No focal subject,wave,,,STATE,1.000,2.000,1.000,,
"""
TABULAR_8 = """\
Observation id,Observation date,Description,Observation duration,Observation type,Source,Time offset (s),Media duration (s),FPS,\
Subject,Behavior,Behavioral category,Behavior type,Time,Media file name,Image index,Image file path,Comment
one,2026-01-01,,9.0,Media file(s),player #1:a.mp4,0.0,9.0,25.0,Ann,wave,,START,0.000,a.mp4,0,NA,
one,2026-01-01,,9.0,Media file(s),player #1:a.mp4,0.0,9.0,25.0,Ann,wave,,STOP,2.500,a.mp4,62,NA,
one,2026-01-01,,9.0,Media file(s),player #1:a.mp4,0.0,9.0,25.0,Ann,clap,,START,2.500,a.mp4,62,NA,
two,2026-01-01,,9.0,Media file(s),player #1:b.mp4,0.0,9.0,25.0,Ann,wave,,START,1.000,b.mp4,25,NA,
one,2026-01-01,,9.0,Media file(s),player #1:a.mp4,0.0,9.0,25.0,Ann,clap,,STOP,4.250,a.mp4,106,NA,
two,2026-01-01,,9.0,Media file(s),player #1:b.mp4,0.0,9.0,25.0,Ann,wave,,STOP,2.000,b.mp4,50,NA,
"""
TABULAR_7 = """\
Observation id,observation #1,,,,,,,
,,,,,,,,
Media file(s),,,,,,,,
Player #1,a.mp4,,,,,,,
Time offset (s),0.0,,,,,,,
,,,,,,,,
Time,Media file path,Total length,FPS,Subject,Behavior,Behavioral category,Comment,Status
0.000,a.mp4,9.0,25.0,Ann,wave,,,START
2.500,a.mp4,9.0,25.0,Ann,wave,,,STOP
2.500,a.mp4,9.0,25.0,Ann,clap,,,START
4.250,a.mp4,9.0,25.0,Ann,clap,,,STOP
"""


@pytest.mark.parametrize("text", [AGGREGATED_7, TABULAR_8], ids=["aggregated, version 7", "tabular, version 8"])
def test_what_boris_exports(folder, text):
    assert read(folder, text) == EXPECTED


def test_what_boris_exports_of_one_observation(folder):
    assert read(folder, TABULAR_7) == EXPECTED[:2]


def test_events_without_duration_are_no_intervals(folder):
    with pytest.warns(UserWarning, match="events without duration are left out, on line 4"):
        assert read(folder, AGGREGATED_8) == EXPECTED


ELAN = """\
"#file:///D:/a.wav -- offset: 0"
"#file:///D:/a.mp4 -- offset: 0"
Begin Time - hh:mm:ss.ms\tBegin Time - ss.msec\tEnd Time - hh:mm:ss.ms\tEnd Time - ss.msec\tDuration - ss.msec\tgesture\tnote\t
00:00:00.000\t0.0\t00:00:02.500\t2.5\t2.5\twave\t
00:00:02.500\t2.5\t00:00:04.250\t4.25\t1.75\tclap
"""
ELAN_OF_SEVERAL_FILES = """\
Begin Time - msec\tEnd Time - msec\tgesture\tFile Name\tFile Path

"#file:///D:/a.mp4 -- offset: 0"
0\t2500\twave\ta.eaf\tD:/a.eaf
2500\t4250\tclap\ta.eaf\tD:/a.eaf

"#file:///D:/b.mp4 -- offset: 0"
"#file:///D:/side.mp4 -- offset: 0"
1000\t2000\twave\tb.eaf\tD:/b.eaf
"""


def test_what_elan_exports(folder):
    assert read(folder, ELAN) == EXPECTED[:2]
    assert read(folder, ELAN_OF_SEVERAL_FILES) == EXPECTED
    in_csv = '"Begin Time - hh:mm:ss.ms","End Time - hh:mm:ss.ms","sign","File Name",\n00:00:00.000,00:00:02.500,"wave","a.eaf"\n'
    assert read(folder, in_csv) == EXPECTED[:1], "the recording has the name of ELAN's document"


def test_each_line_with_a_mistake_is_named(folder):
    rows = ["a.mp4,0,1,wave", "c.mp4,1,2,wave", "a.mp4,2,2,wave", "a.mp4,3,x,wave", "a.mp4,-1,2,wave", "a.mp4,4,5,", ",4,5,wave"]
    rows += ["a.mp4,6,7,clap,and more", "a.mp4,0.5,1.5,clap", "a.mp4,1e999,2,wave", "a.mp4,8"]
    with pytest.raises(ValueError) as caught:
        read(folder, "file,start,end,action\n" + "\n".join(rows))
    lines = str(caught.value).splitlines()
    assert [int(re.search(r"table.csv, line (\d+): ", line)[1]) for line in lines] == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    for line, reason in zip(
        lines,
        [
            "the file is 'c.mp4', but there is no such file in",
            "it starts at 2 s and ends at 2 s: the start must be before the end",
            "the end is 'x', but must be in seconds, such as 12.5, or h:mm:ss",
            "the start is '-1'",
            "it has no action",
            "it has no file",
            "it has 5 cells, but there are 4 columns: quote cells that contain the separator",
            "it (a.mp4, 0.5 to 1.5 s, 'clap') overlaps line 2 (a.mp4, 0 to 1 s, 'wave')",
            "the start is '1e999'",
            "the end is ''",
        ],
    ):
        assert reason in line


def test_intervals_of_one_action_that_overlap_are_joined(folder):
    with pytest.warns(UserWarning, match="overlap others of one action are joined, on lines 2 and 4"):
        found = read(folder, "file,start,end,action\na.mp4,1,3,wave\na.mp4,0,2,wave\na.mp4,2,2.5,wave\na.mp4,3,4,clap\n")
    assert found == [("a.mp4", 0, 3, "wave"), ("a.mp4", 3, 4, "clap")]


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "the columns are not those of a known table; its first line is ''. The table needs a line that names"),
        ("a.mp4,0,2,wave\n", "its first line is 'a.mp4,0,2,wave'. The table needs a line that names the columns file, start"),
        ("default\t\t00:00:00.0\t0.0\t00:00:01.0\t1.0\twave\n", "with a separate column for each tier and its names"),
        ("file,start,end,action\n", "contains no interval"),
        ("file,start,end,action,action\na.mp4,0,1,wave,clap\n", "line 1: two columns are called action"),
        ('file,start,end,action\na.mp4,0,1,"wave\na.mp4,1,2,clap\n', "the cells cannot be told apart .* Is a quotation mark"),
        (ELAN.replace("mp4 -- offset: 0", "mp4 -- offset: 40"), "line 2: file:///D:/a.mp4 has an offset of 40 ms: set it to 0"),
        (ELAN.split("\n", 2)[2], "line 2: the table does not name the recording. In ELAN's dialog, include the header lines"),
        (
            ELAN.replace(" - hh:mm:ss.ms", " - PAL").replace(" - ss.msec", " - NTSC"),
            "no time is in one of ELAN's formats",
        ),
        (
            AGGREGATED_8.replace("\t0.0\t9", "\t5.0\t9", 1),
            r"line 2: the observation has a time offset \(5.0\): set it to 0",
        ),
        (
            AGGREGATED_8.replace("#1:D:/a.mp4", "#1:D:/a.mp4;D:/b.mp4", 1),
            "line 2: the observation has 2 files, and its times",
        ),
        (TABULAR_7.replace("(s),0.0", "(s),5.0"), r"line 5: the observation has a time offset"),
        (TABULAR_7.replace("4.250,a.mp4", "4.250,b.mp4"), r"line 7: the observation has 2 files, .*\(a.mp4, b.mp4\)"),
        (
            TABULAR_8.replace("STOP,4.250", "START,4.250"),
            "(?s)line 4: 'clap' starts here, but does not stop.*line 6: ",
        ),
        (TABULAR_8.replace("START,1.0", "STOP,1.0"), "(?s)line 5: 'wave' stops here, but did not start.*line 7: 'wave' stops"),
    ],
)
def test_a_table_that_cannot_be_read(folder, text, message):
    with pytest.raises(ValueError, match=message):
        read(folder, text)


def test_a_bare_name_must_be_unique(folder):
    (folder / "b.mp4").write_bytes(b"")
    assert read(folder, "file,start,end,action\nday 2/b.mp4,0,1,wave\n") == [("b.mp4", 0, 1, "wave")]
    with pytest.raises(ValueError, match="line 2: the file is 'D:/b.mp4', but there are 2 files with this name in"):
        read(folder, "file,start,end,action\nD:/b.mp4,0,1,wave\n")


def test_a_name_that_is_too_long_for_a_file_is_a_mistake_in_its_line(folder):
    with pytest.raises(ValueError, match="line 3: the file is 'x+', but there is no such file in"):
        read(folder, f"file,start,end,action\na.mp4,0,1,wave\n{300 * 'x'},0,1,wave\n")


def test_a_table_in_another_encoding(folder):
    table = folder / "table.csv"
    table.write_text(PLAIN, encoding="utf-16")
    with pytest.raises(ValueError, match="table.csv is not UTF-8 text"):
        read_intervals(table)
