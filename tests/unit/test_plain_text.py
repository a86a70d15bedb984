"""What Shopify wrote is shown as text on every form: Frappe 15 takes long texts for HTML, and our rows are written past its cleaning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shopify_sync import hooks

APP = Path(hooks.__file__).parent
SCRIPT = "public/js/plain_text.js"
LONG = ("Small Text", "Text", "Long Text")
#: Written by people on Frappe's own form, which cleans what they enter.
BY_PEOPLE = ("Shopify Store",)


def with_long_texts() -> list[str]:
	"""Return our doctypes with a form of their own and a long text in it."""
	files = (json.loads(path.read_text()) for path in sorted(APP.glob("shopify_sync/doctype/*/*.json")))
	found = [one for one in files if one.get("doctype") == "DocType" and not one.get("istable")]
	return [one["name"] for one in found if any(field["fieldtype"] in LONG for field in one["fields"])]


@pytest.mark.parametrize("doctype", [name for name in with_long_texts() if name not in BY_PEOPLE])
def test_its_form_shows_long_texts_as_text(doctype: str) -> None:
	assert f'"{doctype}"' in (APP / SCRIPT).read_text(), "named in the script"
	assert SCRIPT in hooks.doctype_js[doctype], "and loaded with its form"


def test_every_script_that_the_hooks_name_is_there() -> None:
	named = {script for scripts in hooks.doctype_js.values() for script in scripts}
	assert not [script for script in named if not (APP / script).exists()]
