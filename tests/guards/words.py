"""Rules of words: what a person reads can be translated, and what a stranger may call is known."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

#: Functions of Frappe whose first argument, or these keywords, a person reads.
_SAYING = frozenset(("throw", "msgprint"))
_READ = frozenset(("title", "label", "message", "subtitle", "description"))
#: What finds a text in a dictionary. (`say` of a worker prints to a terminal.)
_MARKS = frozenset(("_", "_lt"))
_JS_SAYING = re.compile(
	r"\b(?:msgprint|throw|show_alert|confirm|set_intro|add_custom_button|set_message)\(\s*([\"'`])(?!<)[^\"'`]*[A-Za-z]{2}"
)
_JS_READ = re.compile(
	r"\b(?:label|title|description|placeholder|primary_action_label|message):\s*([\"'`])(?!<)[^\"'`]*[A-Za-z]{2}"
)
#: Shopify's deliveries and its sign-in, which sign themselves; what load balancers ask, which tells nothing.
KNOWN_GUESTS = frozenset(("receive", "callback", "live", "ready"))
_TAG = re.compile(r"<[^>]*>")
_VALUE = re.compile(r"\$\{[^{}]*\}")


def untranslated(text: str) -> Iterator[str]:
	"""Find texts for people that no dictionary can reach: literals outside `_()`, and what is put together before it is looked up."""
	for node in ast.walk(ast.parse(text)):
		if not isinstance(node, ast.Call):
			continue
		name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
		if name in _SAYING and isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "frappe":
			for said in [*node.args[:1], *(one.value for one in node.keywords if one.arg in _READ)]:
				if _is_bare(said):
					yield f"line {said.lineno}: {name}() of a text outside _()"
		elif isinstance(node.func, ast.Name) and name in _MARKS and node.args and _is_put_together(node.args[0]):
			yield f"line {node.lineno}: {name}() of a text that is put together: use placeholders"


def answers(text: str) -> Iterator[str]:
	"""Find answers to the Desk (`{"message": "…"}`) whose words are outside `_()`."""
	for node in ast.walk(ast.parse(text)):
		if isinstance(node, ast.Dict):
			for key, value in zip(node.keys, node.values, strict=True):
				if isinstance(key, ast.Constant) and key.value in _READ and _is_bare(value):
					yield f"line {value.lineno}: {key.value} outside _()"


def untranslated_script(text: str) -> Iterator[str]:
	"""Find texts of the Desk's scripts outside `__()`."""
	for number, line in enumerate(text.splitlines(), start=1):
		# What a template only puts together was marked where it comes from.
		plain = _VALUE.sub("", _VALUE.sub("", line))
		if (_JS_SAYING.search(plain) or _JS_READ.search(plain)) and not line.lstrip().startswith("//"):
			yield f"line {number}: {line.strip()[:90]}"


def unknown_guests(text: str) -> Iterator[str]:
	"""Find functions for guests that nobody thought about."""
	yield from (f"{name}() may be called by anybody" for name in guests(text) if name not in KNOWN_GUESTS)


def guests(text: str) -> Iterator[str]:
	"""Find functions that anybody may call without signing in; yields their names."""
	for node in ast.walk(ast.parse(text)):
		for decorator in getattr(node, "decorator_list", ()):
			if isinstance(decorator, ast.Call) and any(
				one.arg == "allow_guest" and not (isinstance(one.value, ast.Constant) and not one.value.value)
				for one in decorator.keywords
			):
				yield node.name


def _is_bare(node: ast.AST) -> bool:
	"""Tell whether an expression is words that nobody marked: a literal, or one with values in it."""
	if isinstance(node, ast.Constant):
		return isinstance(node.value, str) and any(char.isalpha() for char in _TAG.sub("", node.value))
	if isinstance(node, ast.JoinedStr):
		return any(_is_bare(part) for part in node.values if isinstance(part, ast.Constant))
	if isinstance(node, ast.BinOp):
		return _is_bare(node.left) or _is_bare(node.right)
	if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join"):
		return _is_bare(node.func.value)
	if isinstance(node, ast.IfExp):
		return _is_bare(node.body) or _is_bare(node.orelse)
	return False


def _is_put_together(node: ast.AST) -> bool:
	if isinstance(node, ast.JoinedStr):
		return True
	if isinstance(node, ast.BinOp):
		return True
	return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
