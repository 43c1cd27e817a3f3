"""The parser of a command, with examples below its options."""

import argparse
import textwrap
from collections.abc import Sequence

PROGRAM = "python -m helpers"
WIDTH = 79  # of the texts above and below the options


def command_parser(name: str, description: str, examples: Sequence[str], notes: str = "") -> argparse.ArgumentParser:
    """Return a parser for `python -m helpers NAME`; its help ends with examples, the arguments of one command each."""
    lines = [f"  {PROGRAM} {name} {example}" for example in examples]
    return argparse.ArgumentParser(
        prog=f"{PROGRAM} {name}",
        description=textwrap.fill(description, WIDTH),
        epilog="\n".join([*textwrap.wrap(notes, WIDTH), *([""] if notes else []), "examples:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
