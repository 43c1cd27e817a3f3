"""Check the accessibility of web pages with axe."""

from axe_playwright_python.sync_playwright import Axe


def findings(page, within=None, rules=None):
    """Return a line for each serious or critical finding: the rule, its description, the HTML element, and the problem.

    Parameters
    ----------
    page : playwright.sync_api.Page
    within : list of str, optional
        Selectors of the parts to check; by default the whole page.
    rules : dict or list of str, optional
        Rules to disable, as `{rule: {"enabled": False}}`, or a list of the only rules to check.
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
