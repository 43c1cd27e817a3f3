"""Predict the actions in video files, in a terminal."""

import importlib
import io
import os
import sys
import warnings

from .basics.messages import DownloadError, ModelError

PROGRAM = "python -m helpers"
PREDICT = "helpers.predictions.command"
COMMANDS = {
    "export": "helpers.models.learned.export",
    "features": "helpers.learn.many_clips.command",
    "learn": "helpers.learn.command",
}


def main() -> int:
    module, arguments = PREDICT, sys.argv[1:]
    if arguments[:1] and arguments[0] in COMMANDS:
        command, *arguments = arguments
        module = COMMANDS[command]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack the block of the bars
    warnings.showwarning = lambda message, *place: print(f"{PROGRAM}: {message}", file=sys.stderr)
    try:
        return importlib.import_module(module).main(arguments) or 0
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader has seen enough, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it closes standard output
        return 1
    except (OSError, ValueError, DownloadError, ModelError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
