"""Checks of the exercises: they contain neither the solution nor a way to compute it."""

import hashlib
import inspect
import math
import os
from collections.abc import Callable


def digest(*answers: object) -> str:
    """Return eight hexadecimal digits of a hash of numbers or texts, so that a check can compare them without containing them.

    18 and NumPy's 18 have the same hash, 18.0 has another.

    >>> digest("jogging"), digest(1, 2)
    ('4c449d75', 'b598b3a6')
    """
    return hashlib.sha256("\n".join(map(str, answers)).encode()).hexdigest()[:8]


def near(answer: float, expected: str, step: float) -> bool:
    """Return whether a number is within about one step of the solution, of which only `digest(round(solution / step))` is known.

    >>> near(3.15, digest(31), step=0.1), near(3.4, digest(31), step=0.1)
    (True, False)
    """
    return math.isfinite(answer) and expected in {digest(round(answer / step) + i) for i in (-1, 0, 1)}


def check(test: Callable[..., str | None]) -> Callable[..., str | None]:
    """Run a check at once and print "right", or "not solved yet" if a name is not defined or None. Return the same function.

    Under nbgrader, which grants the points of a check that raises no error, "not solved yet" is an AssertionError.

    Parameters
    ----------
    test : callable
        Its parameters are the names that the exercise asks for; they are looked up in the notebook. It may return a remark,
        which is printed after "right". If the solution is wrong, it raises AssertionError with a hint.

    Examples
    --------
    >>> @check
    ... def is_even(number):
    ...     assert number % 2 == 0, f"{number} is odd"
    not solved yet: put your solution in the cell above, as number
    """
    names = list(inspect.signature(test).parameters)
    missing = [name for name in names if test.__globals__.get(name) is None]
    if missing:
        message = f"not solved yet: put your solution in the cell above, as {' and '.join(missing)}"
        if os.environ.get("NBGRADER_EXECUTION"):  # set by nbgrader autograde and nbgrader validate
            raise AssertionError(message)
        print(message)
    else:
        remark = test(*(test.__globals__[name] for name in names))
        print(f"right: {remark}" if remark else "right")
    return test
