"""A dataset's categories as a table, for a terminal and for a notebook."""

import html
from collections.abc import Mapping, Sequence

Categories = Mapping[str, Sequence[str]]


def dataset_text(categories: Categories) -> str:
    """Return the table as text: for each category, its count and its first two videos."""
    rows = [f"  {action:<20} {len(names):>4}   {', '.join(names[:2])}" for action, names in categories.items()]
    return "\n".join([summary(categories), *rows])


def dataset_table(categories: Categories) -> str:
    """Return the table as HTML; a table longer than that of the sample clips scrolls."""
    rows = "".join(
        f"<tr><td>{html.escape(action)}</td><td>{len(names)}</td><td>{html.escape(', '.join(names[:2]))}</td></tr>"
        for action, names in categories.items()
    )
    # For accessibility, a scrolling region must have a name and be reachable by keyboard.
    return (
        '<div role="region" tabindex="0" aria-label="Categories and counts" '
        'style="display:inline-block; max-height:32em; overflow:auto">'
        f"<table><caption>{summary(categories)}</caption>"
        "<thead><tr><th>category</th><th>videos</th><th>the first two</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def summary(categories: Categories) -> str:
    return f"{sum(map(len, categories.values())):,} videos in {len(categories)} categories"
