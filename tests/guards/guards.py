"""Rules of the layout, checked on the syntax tree. Each guard takes a file's text and returns what breaks the rule in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import words

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "shopify_sync"

_IMPURE = frozenset(
	"""frappe erpnext shopify requests httpx sqlite3 socket ssl subprocess threading multiprocessing asyncio random secrets time os io
	pathlib shutil tempfile urllib http smtplib redis rq logging click""".split()
)
_IMPURE_CALLS = frozenset(("open", "print", "input", "exec", "eval", "__import__"))
_CLOCKS = re.compile(r"\b(datetime|date)\.(now|utcnow|today)$")
_STATUS_TABLE = re.compile(
	r"\b(update|insert\s+(ignore\s+)?into|insert\s+or\s+\w+\s+into|replace\s+into)\s+[`\"\[]?(tab)?sync[ _]event\b", re.I
)
_STATUS_WRITERS = frozenset(("set_value", "db_set", "bulk_update", "new_doc", "bulk_insert"))
_MOCKS = re.compile(
	r"\bMagicMock\b|sys\.modules\[\s*[\"'](frappe|erpnext)\b|\bmock\.patch\([\"'](frappe|erpnext)\b|patch\.dict\([\"']?sys\.modules"
)


@dataclass(frozen=True)
class Guard:
	"""A rule: which files it holds for, and how a break is found in the text of one."""

	name: str
	files: Callable[[], Iterable[Path]]
	find: Callable[[str], Iterator[str]]


def python_files(*folders: Path) -> list[Path]:
	"""Return the Python files below *folders*."""
	return sorted(path for folder in folders for path in folder.rglob("*.py") if "node_modules" not in path.parts)


def breaks(guard: Guard) -> list[str]:
	"""Return every break of a rule in the repository."""
	return [f"{path.relative_to(ROOT)}: {what}" for path in guard.files() for what in guard.find(path.read_text())]


def impure(text: str) -> Iterator[str]:
	"""Find I/O, clocks, chance and frameworks."""
	for line, module in _imports(text):
		if module.partition(".")[0] in _IMPURE:
			yield f"line {line} imports {module}"
	for line, name, call in _calls(text):
		if (isinstance(call.func, ast.Name) and name in _IMPURE_CALLS) or _CLOCKS.search(ast.unparse(call.func)):
			yield f"line {line} calls {name}()"


def status_writes(text: str) -> Iterator[str]:
	"""Find what writes a Sync Event: SQL, Frappe's setters, and new documents."""
	for node in ast.walk(ast.parse(text)):
		if isinstance(node, ast.Constant | ast.JoinedStr) and _STATUS_TABLE.search(_text_of(node)):
			yield f"line {node.lineno} writes the table in SQL"
		if isinstance(node, ast.Dict) and "Sync Event" in _doctypes_of(node):
			yield f"line {node.lineno} makes a document"
	for line, name, call in _calls(text):
		if name in _STATUS_WRITERS and any(_text_of(argument) == "Sync Event" for argument in call.args):
			yield f"line {line} calls {name}() for it"
		if name in ("update", "into") and any(_text_of(node) == "Sync Event" for node in ast.walk(call)):
			yield f"line {line} writes it through the query builder"


def whitelisted(text: str) -> Iterator[str]:
	"""Find functions that anybody may call over HTTP."""
	for node in ast.walk(ast.parse(text)):
		if isinstance(node, ast.Attribute) and node.attr == "whitelist":
			yield f"line {node.lineno} uses frappe.whitelist"
		if isinstance(node, ast.ImportFrom) and any(alias.name == "whitelist" for alias in node.names):
			yield f"line {node.lineno} imports whitelist"


def sdk_imports(text: str) -> Iterator[str]:
	"""Find imports of Shopify's SDK."""
	for line, module in _imports(text):
		if module.partition(".")[0] in ("shopify", "pyactiveresource"):
			yield f"line {line} imports {module}"


def http_clients(text: str) -> Iterator[str]:
	"""Find what speaks HTTP to others. `urllib.parse` only reads addresses."""
	for line, module in _imports(text):
		parts = module.split(".")
		if parts[0] in ("requests", "urllib3", "httpx", "aiohttp") or module in (
			"urllib.request",
			"http.client",
			"urllib",
			"http",
		):
			yield f"line {line} imports {module}"


def frappe_mocks(text: str) -> Iterator[str]:
	"""Find stand-ins for Frappe: a test against one proves nothing about Frappe."""
	for number, line in enumerate(text.splitlines(), start=1):
		if _MOCKS.search(line):
			yield f"line {number}: {line.strip()}"


def enqueues_and_commits(text: str) -> Iterator[str]:
	"""Find rules that decide about transactions or start jobs, which is the hosts' business."""
	for line, name, _call in _calls(text):
		if name in ("enqueue", "enqueue_doc", "commit", "rollback", "publish_realtime"):
			yield f"line {line} calls {name}()"


def skips(text: str) -> Iterator[str]:
	"""Find tests that do not run."""
	for node in ast.walk(ast.parse(text)):
		if isinstance(node, ast.Attribute) and node.attr in (
			"skip",
			"skipif",
			"xfail",
			"importorskip",
			"skipTest",
			"skipUnless",
			"skipIf",
		):
			yield f"line {node.lineno} skips"


def _outside(package: Path, *excepted: str) -> list[Path]:
	files = python_files(package)
	return [path for path in files if not path.relative_to(package).as_posix().startswith(excepted)]


def _may_not_write() -> list[Path]:
	# The site's tests move due times, as waiting would; they are no part of the product.
	# The simulation is a test too: on a site it cannot wait for leases, and turns their times instead.
	return _outside(PACKAGE, "erpnext_host/event_log/", "embedded_host/event_log.py", "tests/", "simulation/site/ledger.py")


def _may_not_call() -> list[Path]:
	# The simulator sends webhooks, and the simulation and the site's tests stand in for Shopify: none is part of the product.
	# The demo delivers its orders to the server that it has just started.
	return _outside(PACKAGE, "admin_api/", "simulator/", "simulation/", "tests/", "embedded_host/demo.py")


def _speaking_files() -> list[Path]:
	return [path for folder in ("api", "erpnext_host", "shopify_sync", "jobs") for path in python_files(PACKAGE / folder)]


def _scripts() -> list[Path]:
	return sorted([*PACKAGE.glob("public/js/**/*.js"), *PACKAGE.glob("shopify_sync/**/*.js")])


def _test_files() -> list[Path]:
	# This folder plants violations to show that the guards bite.
	return [path for path in python_files(ROOT / "tests") if path.parent != Path(__file__).parent]


GUARDS = (
	Guard("core is pure", lambda: python_files(PACKAGE / "core"), impure),
	Guard("core neither commits nor enqueues", lambda: python_files(PACKAGE / "core"), enqueues_and_commits),
	Guard("only the two event logs write a Sync Event", _may_not_write, status_writes),
	Guard("whitelisted functions are in api/ only", lambda: _outside(PACKAGE, "api/"), whitelisted),
	Guard("Shopify's SDK is used in admin_api/ only", lambda: _outside(PACKAGE, "admin_api/"), sdk_imports),
	Guard("only admin_api/ speaks HTTP to others", _may_not_call, http_clients),
	Guard("no stand-in for Frappe in tests", lambda: [*_test_files(), *python_files(PACKAGE)], frappe_mocks),
	Guard("no test without Frappe is skipped", _test_files, skips),
	Guard("what people read is inside _()", _speaking_files, words.untranslated),
	Guard("answers to the Desk are inside _()", _speaking_files, words.answers),
	Guard("what the Desk's scripts say is inside __()", _scripts, words.untranslated_script),
	Guard("guests may call what is known", lambda: python_files(PACKAGE / "api"), words.unknown_guests),
)  # fmt: skip


def _imports(text: str) -> Iterator[tuple[int, str]]:
	for node in ast.walk(ast.parse(text)):
		if isinstance(node, ast.Import):
			yield from ((node.lineno, alias.name) for alias in node.names)
		elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
			yield node.lineno, node.module


def _calls(text: str) -> Iterator[tuple[int, str, ast.Call]]:
	for node in ast.walk(ast.parse(text)):
		if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
			yield node.lineno, node.func.id if isinstance(node.func, ast.Name) else node.func.attr, node


def _text_of(node: ast.AST) -> str:
	if isinstance(node, ast.Constant):
		return node.value if isinstance(node.value, str) else ""
	if isinstance(node, ast.JoinedStr):
		return "".join(_text_of(part) if isinstance(part, ast.Constant) else "…" for part in node.values)
	return ""


def _doctypes_of(node: ast.Dict) -> list[str]:
	pairs = zip(node.keys, node.values, strict=True)
	return [_text_of(value) for key, value in pairs if key is not None and _text_of(key) == "doctype"]
