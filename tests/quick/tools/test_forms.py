"""The forms for issues have what GitHub requires, and CITATION.cff what its schema does.

See "Syntax for GitHub's form schema" in GitHub's documentation.
"""

import re

import pytest
import yaml

from tests.support import TOP

TEMPLATES = TOP / ".github" / "ISSUE_TEMPLATE"
FORMS = sorted(path for path in TEMPLATES.glob("*.yml") if path.stem != "config")


def problems(form):
    """Return what GitHub would refuse in a form."""
    found = [f"no {key}" for key in ("name", "description", "body") if not form.get(key)]
    fields = [field for field in form.get("body", []) if field["type"] != "markdown"]
    found += [] if fields else ["no field besides text"]
    for field in fields:
        attributes, identifier = field.get("attributes", {}), field.get("id", "")
        if field["type"] not in ("input", "textarea", "dropdown", "checkboxes"):
            found.append(f"{identifier}: no such type, {field['type']}")
        if not isinstance(attributes.get("label"), str):
            found.append(f"{identifier}: no label")
        if not re.fullmatch(r"[\w-]+", identifier, flags=re.ASCII):
            found.append(f"not an id: {identifier}")
        if field["type"] == "dropdown" and not all(isinstance(option, str) for option in attributes.get("options") or [None]):
            found.append(f"{identifier}: no options, or options that YAML takes for something else than text")
    for what in (lambda field: field.get("id"), lambda field: field.get("attributes", {}).get("label")):
        values = [what(field) for field in fields]
        found += [f"twice: {value}" for value in set(values) if values.count(value) > 1]
    return found


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_github_accepts_the_form(path):
    assert not problems(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_a_form_that_github_refuses_is_found():
    field = {"type": "dropdown", "id": "a b", "attributes": {"options": [True]}}
    assert len(problems({"name": "", "description": "what", "body": [field, field]})) == 9
    assert problems({"name": "a", "description": "b", "body": [{"type": "markdown"}]}) == ["no field besides text"]


def test_there_is_a_form_for_each_kind_of_issue_and_a_blank_one():
    assert [path.stem for path in FORMS] == ["1_video", "2_error", "3_idea"]
    assert yaml.safe_load((TEMPLATES / "config.yml").read_text(encoding="utf-8")) == {"blank_issues_enabled": True}


def test_what_the_pages_for_contributors_name_exists():
    makefile = (TOP / "Makefile").read_text(encoding="utf-8")
    for path in [*FORMS, TOP / ".github" / "PULL_REQUEST_TEMPLATE.md", TOP / "SECURITY.md"]:
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"`make ([\w-]+)", text):
            assert re.search(rf"^{target}:", makefile, flags=re.M), f"{path.name}: make {target}"
        for name in re.findall(r"`([\w/.]+\.(?:md|txt))`", text):
            assert (TOP / name).is_file(), f"{path.name}: {name}"


def test_the_citation_is_complete():
    """As schema 1.2.0 of the Citation File Format requires."""
    citation = yaml.safe_load((TOP / "CITATION.cff").read_text(encoding="utf-8"))
    for work in (citation, citation["preferred-citation"]):
        assert work["title"] and work["type"]
        assert all("name" in author or {"family-names", "given-names"} <= set(author) for author in work["authors"])
    assert citation["cff-version"] == "1.2.0" and citation["message"]
    assert citation["license"] in (TOP / "LICENSE").read_text(encoding="utf-8")
