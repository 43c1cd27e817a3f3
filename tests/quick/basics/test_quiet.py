"""Standard error: silenced for blocks of several threads, and missing in services."""

import os
import subprocess
import sys
import threading

import pytest

from helpers.basics.quiet import quiet_stderr
from tests.support import TOP


def write(text):
    os.write(2, text)


def test_only_the_blocks_are_silent(capfd):
    write(b"before ")
    with quiet_stderr():
        write(b"within ")
        with quiet_stderr():
            write(b"nested ")
        write(b"within ")
    write(b"after")
    assert capfd.readouterr().err == "before after"


def test_blocks_of_two_threads_that_overlap_end_when_the_last_one_does(capfd):
    first_entered, second_entered, first_left = threading.Event(), threading.Event(), threading.Event()

    def first():
        with quiet_stderr():
            first_entered.set()
            second_entered.wait(10)
        first_left.set()

    def second():
        first_entered.wait(10)
        with quiet_stderr():
            second_entered.set()
            first_left.wait(10)
            write(b"within")

    threads = [threading.Thread(target=target) for target in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    write(b"after")
    assert capfd.readouterr().err == "after"


def test_an_error_is_raised_and_ends_the_block(capfd):
    with pytest.raises(ValueError, match="as usual"), quiet_stderr():
        raise ValueError("as usual")
    write(b"after")
    assert capfd.readouterr().err == "after"


USE = """
from helpers.models.movinet.loading import Interpreter
from helpers.basics.messages import show_progress
from helpers.basics.quiet import quiet_stderr
with quiet_stderr():
    pass
print(show_progress())
"""
WITHOUT = {
    "set to None, as by pythonw": "import sys; sys.stderr = sys.__stderr__ = None",
    "closed": "import sys; sys.stderr.close()",
    "its descriptor closed": "import os; os.close(2)",
}


@pytest.mark.parametrize("how", WITHOUT)
def test_a_service_without_standard_error_can_use_the_helpers(how):
    finished = subprocess.run([sys.executable, "-c", WITHOUT[how] + USE], cwd=TOP, stdout=subprocess.PIPE, text=True)
    assert (finished.returncode, finished.stdout) == (0, "False\n")


@pytest.mark.skipif(os.name != "posix", reason="closes a descriptor of the child")
def test_a_file_that_took_the_place_of_standard_error_is_not_silenced(tmp_path):
    """In a process that starts without standard error, the first file that is opened gets its descriptor."""
    code = f"""
import os
from helpers.basics.quiet import quiet_stderr
log = os.open({str(tmp_path / "log")!r}, os.O_WRONLY | os.O_CREAT)
with quiet_stderr():
    os.write(log, b"within")
print(log)
"""
    command = ["sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, code]
    assert subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, text=True, check=True).stdout == "2\n"
    assert (tmp_path / "log").read_text() == "within"


@pytest.mark.parametrize("how", WITHOUT)
def test_an_experiment_runs_without_standard_error(how):
    code = """
import numpy as np
from helpers.measure.experiments import Clip, Experiment
from helpers.models.video_model import ModelInput, VideoModel
model = VideoModel(lambda batch: {"default": batch.mean((1, 2, 3))[:, :2]}, ModelInput(8, (0, 1), 1.0, 25.0, 1), None, "colors")
clips = [Clip("Night", "dark", "a", np.zeros((1, 8, 8, 3), np.uint8))]
print(Experiment(model, ["dark", "bright"], clips).compare({}).count_correct("unchanged"))
"""
    finished = subprocess.run([sys.executable, "-c", f"{WITHOUT[how]}\n{code}"], cwd=TOP, stdout=subprocess.PIPE, text=True)
    assert (finished.returncode, finished.stdout) == (0, "1\n")
