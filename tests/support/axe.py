"""What the program axe finds on a page that shuts people out."""

from axe_playwright_python.sync_playwright import Axe


def findings(page, within=None, rules=None):
    """Return a line for each serious or critical finding: the rule, what it is about, and the piece of the page.

    Parameters
    ----------
    page : playwright.sync_api.Page
    within : list of str, optional
        Selectors of the parts to look at; by default the whole page.
    rules : dict, optional
        Rules to leave out, `{rule: {"enabled": False}}`, or the only ones to look at, as a list of names.
    """
    options = {"runOnly": rules} if isinstance(rules, list) else {"rules": rules or {}}
    context = {"include": [[selector] for selector in within if page.locator(selector).count()]} if within else None
    violations = Axe().run(page, context, {"resultTypes": ["violations"], **options}).response["violations"]
    return [
        f"{found['id']}: {found['help']}: {node['html'][:200]} {' '.join(node['failureSummary'].split())[:300]}"
        for found in violations
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]
