"""The scripts of the Command Center keep their rules: small files, every text translatable, every button documented, no colour of our own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from .guards import PACKAGE, ROOT

SCRIPTS = sorted((PACKAGE / "public/js/command_center").glob("*.js"))
PAGE = PACKAGE / "shopify_sync/page/sync_command_center"
DOCS = ROOT / "docs/command_center.md"
_LINES_AT_MOST = 300
_ACTION = re.compile(
	r"data-action=\\?\"([a-z_-]+)\"|cc\.button\(\"([a-z-]+)\"|\bon\(\"([a-z-]+)\"|\"data-action\", \"([a-z-]+)\""
)
_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(rgba?|hsla?)\(", re.I)


def bare_texts(script: str) -> Iterator[str]:
	"""Find words that a template shows without `__()`: text between tags, and attributes that are read out or shown."""
	for template in _templates(script):
		for text in re.findall(r">([^<>]*)<", template):
			if re.search(r"[A-Za-z]{2}", text):
				yield text.strip()
		yield from re.findall(r"(?:title|placeholder|aria-label)=\"([^\"]*[A-Za-z]{2}[^\"]*)\"", template)


def _templates(script: str) -> list[str]:
	"""Return every template literal, also those inside another one's `${…}`, each without its values."""
	plain, found, i = re.sub(r"(?m)^\s*//.*$", "", script), [], 0
	while (i := plain.find("`", i)) >= 0:
		i = _template(plain, i + 1, found)
	return found


def _template(script: str, i: int, found: list[str]) -> int:
	kept: list[str] = []
	while script[i] != "`":
		if script.startswith("${", i):
			i = _value(script, i + 2, found)
		else:
			kept.append(script[i])
			i += 1
	found.append("".join(kept))
	return i + 1


def _value(script: str, i: int, found: list[str]) -> int:
	depth = 1
	while depth:
		if script[i] == "`":
			i = _template(script, i + 1, found)
			continue
		depth += {"{": 1, "}": -1}.get(script[i], 0)
		i += 1
	return i


@pytest.mark.parametrize(
	("script", "found"),
	[
		("`<b>Retry</b>`", ["Retry"]),
		("`<b>${__('Retry')}</b>`", []),
		('`<i title="Hello there"></i>`', ["Hello there"]),
		("`<b>${a ? `<i>x</i>` : ''}</b>`", []),
		("`<b>${a ? `<i>Inner</i>` : ''}</b>`", ["Inner"]),
		("// `<b>Not code</b>`", []),
	],
)
def test_a_bare_text_is_found(script: str, found: list[str]) -> None:
	assert list(bare_texts(script)) == found


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_small_and_its_words_are_translatable(path) -> None:
	script = path.read_text()
	assert script.count("\n") <= _LINES_AT_MOST
	assert list(bare_texts(script)) == []
	assert not re.search(r"__\(\s*`|__\([^)\"']*\+", script), "a text is put together before it is translated"


def test_every_script_is_part_of_the_page() -> None:
	included = set(re.findall(r"command_center/(\w+\.js)\"", (PAGE / "sync_command_center.js").read_text()))
	assert included == {path.name for path in SCRIPTS}


def test_every_control_is_documented() -> None:
	used = {name for path in SCRIPTS for found in _ACTION.findall(path.read_text()) for name in found if name}
	documented = set(re.findall(r"`([a-z_-]+)`", DOCS.read_text()))
	assert len(used) > 40
	assert used - documented == set()


def test_colours_are_those_of_the_theme() -> None:
	texts = [(PAGE / "sync_command_center.css").read_text(), *(path.read_text() for path in SCRIPTS)]
	assert not [found.group() for text in texts for found in _COLOUR.finditer(re.sub(r"\"#1001.*", "", text))]
