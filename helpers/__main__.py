"""Recognize actions in video, in a terminal."""

import difflib
import importlib
import io
import os
import sys
import warnings

from .basics.command_line import PROGRAM
from .basics.messages import DownloadError, ModelError, in_words

COMMANDS = {
    "predict": "helpers.predictions.command",
    "timeline": "helpers.predictions.segments",
    "learn": "helpers.learn.command",
    "features": "helpers.learn.many_clips.command",
    "export": "helpers.models.learned.export",
}
USAGE = f"""usage: {PROGRAM} COMMAND …

Recognize actions in video, by default with I3D and the 400 actions of
Kinetics-400. The first time, the published weights (47 MB) are downloaded into
the cache; then it works offline.

commands:
  predict   name the action in video files, folders, or https addresses
  timeline  find out which action happens when in a video of any length
  learn     teach actions of your own, from a folder of clips of each
  features  compute features of many clips, on all cores or on a cluster
  export    write a model that you taught with MoViNet as one .tflite file

examples:
  {PROGRAM} predict samples/v_Cartwheel_g01_c01.avi
  {PROGRAM} timeline vacation.mp4 --csv timeline.csv
  {PROGRAM} learn clips --save my_actions
  {PROGRAM} predict vacation.mp4 --model my_actions

Without a command, the arguments are those of predict: {PROGRAM} vacation.mp4
For the options of a command: {PROGRAM} COMMAND --help"""


def main() -> int:
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else 2
    command = arguments.pop(0) if arguments[0] in COMMANDS else "predict"
    if command == "predict" and is_misspelled(arguments[:1]):
        did_you_mean = "".join(f" Did you mean {close}?" for close in difflib.get_close_matches(arguments[0], COMMANDS, n=1))
        print(f"{PROGRAM}: no command or file {arguments[0]!r}.{did_you_mean} All commands: {PROGRAM} --help", file=sys.stderr)
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack the block of the bars
    warnings.showwarning = lambda message, *place: print(f"{PROGRAM}: {message}", file=sys.stderr)
    try:
        return importlib.import_module(COMMANDS[command]).main(arguments) or 0
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader has seen enough, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it closes standard output
        return 1
    except (OSError, ValueError, DownloadError, ModelError) as error:
        print(f"{PROGRAM}: {in_words(error)}", file=sys.stderr)
        return 2


def is_misspelled(first: list[str]) -> bool:
    """Return whether the first argument is a word that is neither a command nor a file."""
    return bool(first) and first[0].isalpha() and first[0] not in COMMANDS and not os.path.exists(first[0])


if __name__ == "__main__":
    sys.exit(main())
