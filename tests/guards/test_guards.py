"""The repository keeps the rules of its layout, and each guard bites: planted breaks are found, look-alikes are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from .guards import (
	GUARDS,
	PACKAGE,
	ROOT,
	Guard,
	breaks,
	enqueues_and_commits,
	frappe_mocks,
	http_clients,
	impure,
	python_files,
	sdk_imports,
	skips,
	status_writes,
	whitelisted,
)
from .names import missing_names
from .words import answers, unknown_guests, untranslated, untranslated_script

PLANTED = [
	(impure, "import frappe"),
	(impure, "from erpnext.stock import utils"),
	(impure, "def f():\n\timport requests"),
	(impure, "import os.path"),
	(impure, "from time import sleep"),
	(impure, "import random as r"),
	(impure, "text = open('x').read()"),
	(impure, "moment = datetime.now(timezone.utc)"),
	(impure, "moment = datetime.datetime.utcnow()"),
	(impure, "day = date.today()"),
	(impure, "print(1)"),
	(enqueues_and_commits, "frappe.db.commit()"),
	(enqueues_and_commits, "enqueue('job')"),
	(enqueues_and_commits, "connection.rollback()"),
	(status_writes, "frappe.db.set_value('Sync Event', name, 'status', 'Applied')"),
	(status_writes, "frappe.db.sql('update `tabSync Event` set status = 1')"),
	(status_writes, "frappe.db.sql(f'UPDATE `tabSync Event` SET {column} = 1')"),
	(status_writes, "connection.execute('UPDATE sync_event SET status = ?')"),
	(status_writes, "connection.execute('''INSERT INTO\n sync_event VALUES (1)''')"),
	(status_writes, "connection.execute('INSERT OR IGNORE INTO sync_event VALUES (1)')"),
	(status_writes, "frappe.get_doc({'doctype': 'Sync Event', 'name': 'x'}).insert()"),
	(status_writes, "frappe.new_doc('Sync Event')"),
	(status_writes, "frappe.qb.update(frappe.qb.DocType('Sync Event')).set('status', 'x').run()"),
	(whitelisted, "@frappe.whitelist()\ndef f(): pass"),
	(whitelisted, "@frappe.whitelist(allow_guest=True)\ndef f(): pass"),
	(whitelisted, "from frappe import whitelist"),
	(sdk_imports, "import shopify"),
	(sdk_imports, "def f():\n\tfrom shopify.session import Session"),
	(sdk_imports, "import pyactiveresource.connection"),
	(http_clients, "import requests"),
	(http_clients, "def f():\n\tfrom requests.adapters import HTTPAdapter"),
	(http_clients, "import urllib.request"),
	(http_clients, "from urllib import request"),
	(http_clients, "from http.client import HTTPConnection"),
	(http_clients, "import http.client"),
	(frappe_mocks, "frappe = MagicMock()"),
	(frappe_mocks, "sys.modules['frappe'] = object()"),
	(frappe_mocks, "with mock.patch('frappe.db.commit'): pass"),
	(skips, "@pytest.mark.skip\ndef test(): pass"),
	(skips, "pytest.importorskip('frappe')"),
	(skips, "@pytest.mark.xfail\ndef test(): pass"),
	(untranslated, "frappe.throw('Not now.')"),
	(untranslated, "frappe.throw(f'Not {name}.')"),
	(untranslated, "frappe.msgprint('{0} of {1}'.format(a, b))"),
	(untranslated, "frappe.throw(why, title='Not retried')"),
	(untranslated, "frappe.throw('Not ' + name)"),
	(untranslated, "text = _(f'{name} is missing')"),
	(untranslated, "text = _('{0} is missing'.format(name))"),
	(answers, "return {'message': 'Done.', 'done': 1}"),
	(answers, "return {'label': f'{n} left'}"),
	(untranslated_script, 'frappe.msgprint("Not now.");'),
	(untranslated_script, "frappe.confirm(`Retry ${n} events?`, go);"),
	(untranslated_script, '{ fieldname: "reason", label: "Reason" }'),
	(untranslated_script, 'frm.add_custom_button("Retry", go);'),
	(unknown_guests, "@frappe.whitelist(allow_guest=True)\ndef everything(): pass"),
	(unknown_guests, "@frappe.whitelist(methods=['GET'], allow_guest=1)\ndef orders(): pass"),
]
HARMLESS = [
	(impure, "from .contracts.base import parse_json\nimport json\nfrom datetime import datetime"),
	(impure, "from .shopify import x"),
	(impure, "moment = self.host.now()"),
	(enqueues_and_commits, "def commit_message(): return 'enqueue'"),
	(status_writes, "connection.execute('SELECT status FROM sync_event')"),
	(status_writes, "connection.execute('UPDATE shopify_link SET version = 1')"),
	(status_writes, "frappe.db.set_value('Shopify Link', name, 'version', '1')"),
	(status_writes, "frappe.db.delete('Sync Event', {'name': 'x'})"),
	(status_writes, "options.update({'label': 'Sync Events'})"),
	(status_writes, "'''Nothing but the event log may update a Sync Event.'''"),
	(whitelisted, "'''Not whitelisted.'''"),
	(sdk_imports, "import shopify_sync.core\nfrom shopify_sync import shopify_sync"),
	(http_clients, "from urllib.parse import urlsplit\nimport http.server\nfrom http.server import ThreadingHTTPServer"),
	(frappe_mocks, "import frappe"),
	(skips, "skipped = [row for row in rows if row.skip_reason]"),
	(untranslated, "frappe.throw(_('Not now.'))\nfrappe.throw(_('{0}, row {1}').format(a, 1), title=_('No'))"),
	(untranslated, "frappe.throw(str(error), frappe.PermissionError)\nraise ValueError('for developers')\nself.throw('x')"),
	(untranslated, "say(f'worker {name} is up')\nfrappe.throw('<br>'.join(lines))"),
	(answers, "return {'message': _('Done.'), 'label': title, 'description': ''}"),
	(untranslated_script, 'frappe.msgprint(__("Not now."));\nframe.set_intro(`${compared} ${text}`, "green");'),
	(untranslated_script, '// label: "Reason"\nconst label = "x"; on("throw", go);'),
	(unknown_guests, "@frappe.whitelist(allow_guest=True, methods=['POST'])\ndef receive(): pass"),
	(unknown_guests, "@frappe.whitelist(methods=['POST'])\ndef retry(): pass"),
]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_the_repository_keeps_the_rule(guard: Guard) -> None:
	assert list(guard.files()), "the guard looks at no file"
	assert breaks(guard) == []


@pytest.mark.parametrize(("find", "text"), PLANTED)
def test_a_planted_break_is_found(find, text: str) -> None:
	assert list(find(text))


@pytest.mark.parametrize(("find", "text"), HARMLESS)
def test_a_look_alike_is_not(find, text: str) -> None:
	assert list(find(text)) == []


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_every_guard_has_a_planted_break(guard: Guard) -> None:
	assert guard.find in {find for find, _text in PLANTED}


def test_the_event_logs_do_write_and_would_be_found_elsewhere() -> None:
	"""The exceptions are real: were the guard pointed at them, it would bite."""
	for module in ("erpnext_host/event_log/rows.py", "embedded_host/event_log.py"):
		assert list(status_writes((PACKAGE / module).read_text())), module


def test_whatever_is_imported_from_our_own_is_there() -> None:
	"""Site tests are imported on a site only: a name that moved away would be missed there, and with it all of them."""
	files = python_files(PACKAGE, ROOT / "tests", ROOT / "benchmarks")
	assert list(missing_names(ROOT, files)) == []


def test_a_name_that_moved_away_is_found(tmp_path: Path) -> None:
	package = tmp_path / "ours"
	package.mkdir()
	(package / "__init__.py").touch()
	(package / "one.py").write_text("import json as j\nA: int = 1\nif A:\n\tdef b(): pass\nclass C: pass\n")
	good, bad = package / "good.py", package / "bad.py"
	good.write_text("from .one import A, C, b, j\nfrom . import one\nfrom ours.one import C\nfrom theirs import anything\n")
	bad.write_text("from .one import c\nfrom ours import two\nfrom ours.three import A\n")
	assert list(missing_names(tmp_path, [good])) == []
	assert len(list(missing_names(tmp_path, [bad]))) == 3
