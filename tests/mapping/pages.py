"""Writes docs/mapping.md: the tables from what was traced, the words between them from template.md."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from shopify_sync.core.failures import INFO, Category
from shopify_sync.core.orders.fields import NOTE_ATTRIBUTE, SOURCES
from shopify_sync.core.orders.states import DEFAULT_RULES
from shopify_sync.core.policy import StateRule, StorePolicy
from shopify_sync.core.remedies import REMEDIES, Safe, safe
from shopify_sync.core.topics import NOT_A_STATE, RESOURCE_OF_TOPIC

from .fields import Field, contracts, fields_of, rules, summary
from .places import SHORT, Document
from .tracing import Trace, Traces, traces

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "mapping.md"
OPERATIONS = ROOT / "docs" / "operations.md"
_TEMPLATE = Path(__file__).with_name("template.md")
_STORE = ROOT / "shopify_sync" / "shopify_sync" / "doctype" / "shopify_store" / "shopify_store.json"

#: Settings that decide nothing about documents, and what they do.
NOT_BOOKED: Mapping[str, str] = {
	"mode": "whether anything is written at all (docs/operations.md)",
	"sync_orders": "whether orders and their transactions are looked at",
	"sync_customers": "whether `customers/*` is looked at; an order's customer is made in any case",
	"sync_inventory": "whether stock levels are looked at",
	"sync_products": "whether products and inventory items are looked at; what is deleted is marked in any case",
	"stock_exclusions": "whose stock is not told to Shopify",
	"bundle_stock": "what is told to Shopify of the stock of a Product Bundle",
	"not_stocked": "what happens where Shopify does not stock an item that stock should go to",
	"on_drift": "what happens when Shopify's stock is not what it was last known to be",
	"fulfillment_location": "whether what Shopify assigned to another location than the warehouse's is moved there before it is fulfilled",
	"notify_customer": "whether Shopify writes to the customer about what is sent from ERPNext",
	"push_returns": "what Shopify is told of a return that somebody makes in ERPNext (docs/fulfillment.md)",
	"item_matching": "how an Item is found by a line's SKU when no Shopify Link names it",
	"reconcile_payouts": "whether payouts are compared with Payment Entries",
	"orders_from": "which orders reconciliation misses",
	"max_attempts": "when a failed event rests",
	"retry_base_seconds": "how long a failed event waits",
	"retry_cap_seconds": "how long a failed event waits at most",
	"holds": "what is held waits, and nothing of it is looked at",
}
#: Settings whose field on the form has another name.
_FORM: Mapping[str, str] = {
	"store": "store_name",
	"price_list": "selling_price_list",
	"tax_rules": "tax_mapping",
	"shipping_rules": "shipping_mapping",
	"locations": "location_mapping",
	"state_rules": "order_state_rules",
	"gateway_rules": "gateway_mapping",
	"field_rules": "field_mapping",
}
_NOT_ON_THE_FORM: Mapping[str, str] = {
	"company_currency": "Company: Default Currency",
	"time_zone": "System Settings: Time Zone",
	"holds": "Sync Hold",
}


def page() -> str:
	"""Return the page as it has to be."""
	found = traces()
	parts: Mapping[str, Callable[[], Iterable[str]]] = {
		"topics": _topics,
		"contracts": lambda: _contracts(found),
		"documents": lambda: _documents(found),
		"state rules": _state_rules,
		"settings": lambda: _settings(found),
		"sources": lambda: [", ".join(f"`{source}`" for source in (*SOURCES, f"{NOTE_ATTRIBUTE}NAME"))],
	}
	text = re.sub(r"\{\{(.+?)\}\}", lambda match: "\n".join(parts[match.group(1)]()), _TEMPLATE.read_text())
	return text.strip() + "\n"


def with_failures(text: str) -> str:
	"""Return docs/operations.md with its parts about failures as they have to be: the table, and a section for each category."""
	head = ("category", "what it is called", "retry", "safe now", "rests in")
	rows = (
		(f"[{one}](#{_anchor(str(one))})", info.title, str(info.retry), _SAFE[safe(one)], str(info.rests_in))
		for one, info in INFO.items()
	)
	parts = {
		"table": "\n".join(_table(head, rows)),
		"sections": "\n".join(line for one in INFO for line in _failure(one)).rstrip(),
	}
	for name, part in parts.items():
		begin, end = f"<!-- failures: {name} -->", f"<!-- end of {name} -->"
		pattern = rf"(?s){begin}\n(?:.*?\n)?{end}"
		assert re.search(pattern, text), f"docs/operations.md has no place for {begin}"
		text = re.sub(pattern, lambda _match, what=f"{begin}\n{part}\n{end}": what, text)
	return text


#: As the Command Center's badges say it.
_SAFE = {Safe.RETRY: "Retry now", Safe.FIX: "Fix first", Safe.NEVER: "Never retry"}


def _failure(category: Category) -> Iterator[str]:
	info, remedy = INFO[category], REMEDIES[category]
	yield from (f"### {category}", "", f"**{info.title}.** {info.explanation} *{_SAFE[safe(category)]}.*", "")
	yield "- Check: " + " ".join(_sentence(one) for one in remedy.check)
	yield f"- Press: {_sentence(remedy.press)}"
	yield from (f"- Call: {_sentence(remedy.call)}", "")


def _sentence(text: str) -> str:
	return text if text.endswith((".", "?")) else f"{text}."


def _anchor(heading: str) -> str:
	"""Return how a link to a heading is spelled on GitHub."""
	return heading.lower().replace(" ", "-")


def unexplained() -> list[str]:
	"""Return every field of a contract, and every setting, of which neither the trace nor the code says what becomes of it."""
	found = traces()
	silent = [
		f"{one.contract.__name__}.{one.name}"
		for contract in contracts()
		for one in fields_of(contract)
		if not _is_used(found.fields.get(one.label)) and one.name not in rules(contract)
	]
	return silent + [
		f"StorePolicy.{name}" for name, trace in found.settings.items() if not _is_used(trace) and name not in NOT_BOOKED
	]


def _is_used(trace: Trace | None) -> bool:
	return bool(trace and (trace.places or trace.endings - {"Invalid payload"}))


# --- tables -----------------------------------------------------------------------------------------------------------


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
	names = list(head)
	yield f"| {' | '.join(names)} |"
	yield f"| {' | '.join('---' for _name in names)} |"
	for row in rows:
		cells = (cell.replace("|", "&#124;") for cell in row)
		yield f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in cells)}|"


def _topics() -> Iterator[str]:
	by_resource: dict[str, list[str]] = {}
	for topic, resource in RESOURCE_OF_TOPIC.items():
		by_resource.setdefault(resource, []).append(topic)
	rows = [(f"`{resource}`", ", ".join(f"`{topic}`" for topic in topics)) for resource, topics in by_resource.items()]
	yield from _table(("resource", "topics"), rows)
	yield ""
	yield from _table(("topic that is recorded as *Ignored*", "why"), ((f"`{topic}`", why) for topic, why in NOT_A_STATE.items()))


def _contracts(found: Traces) -> Iterator[str]:
	for contract in contracts():
		own = fields_of(contract)
		if not own:
			continue
		yield f"### {contract.__name__}"
		yield ""
		yield _marked(summary(contract))
		yield ""
		said = rules(contract)
		rows = (_field_row(one, found.fields.get(one.label, Trace()), said.get(one.name, "")) for one in own)
		yield from _table(("field", "goes to", "may end in", "rule"), rows)
		yield ""


def _field_row(one: Field, trace: Trace, rule: str) -> tuple[str, ...]:
	ends = trace.endings if trace.places or len(trace.endings) > 1 or "Invalid payload" not in trace.endings else set()
	name = ".".join(one.path)
	return (
		f"`{name}`" + (f" ({one.name})" if name != one.name else ""),
		_goes_to(trace.places),
		", ".join(f"*{how}*" for how in sorted(ends)),
		_marked(rule),
	)


def _marked(text: str) -> str:
	"""Return a docstring's words as Markdown: references without their code."""
	return re.sub(r":\w+:`~?\.?([^`]+)`", r"`\1`", text)


def _goes_to(places: set[str]) -> str:
	"""Return places, shortest form: the same field of several documents once."""
	fields_: dict[str, list[str]] = {}
	words: list[str] = []
	for place in sorted(places):
		kind, dot, name = place.partition(".")
		if dot and ":" not in kind:
			fields_.setdefault(_field_name(name), []).append(kind)
		else:
			words.append(place)
	shown = [
		f"{name} ({', '.join(_by_rank(kinds))})" for name, kinds in sorted(fields_.items(), key=lambda entry: _rank(entry[1]))
	]
	return "; ".join([*shown, *_joined(words)])


def _field_name(name: str) -> str:
	name, colon, which = name.partition(":")
	name, comma, words = name.partition(", ")
	return f"`{name}`{comma}{words}{colon}{which}"


def _rank(kinds: list[str]) -> tuple[int, int]:
	order = [*SHORT.values(), "Customer", "Contact", "Address"]
	places = [order.index(kind) if kind in order else len(order) for kind in kinds]
	return min(places), -len(places)


def _by_rank(kinds: list[str]) -> list[str]:
	return sorted(dict.fromkeys(kinds), key=lambda kind: _rank([kind]))


def _joined(words: list[str]) -> list[str]:
	"""Return `SO: whether there is one`, `SI: whether there is one` as one."""
	found: dict[str, list[str]] = {}
	for word in words:
		kind, colon, what = word.partition(": ")
		found.setdefault(what if colon else "", []).append(kind if colon else word)
	plain = found.pop("", [])
	return [f"{what} ({', '.join(_by_rank(kinds))})" for what, kinds in found.items()] + plain


# --- documents --------------------------------------------------------------------------------------------------------

_AN_ID = re.compile(r"\d{9,}")
#: What is computed, and was the same in all samples by chance.
_FIGURED = ("payment_schedule.invoice_portion", "payment_schedule.payment_amount", "items.valuation_rate")
_ORDER = (*SHORT.values(), "Customer", "Contact", "Address", "Stock Entry", "Stock Reconciliation")


def _documents(found: Traces) -> Iterator[str]:
	long = {short: name for name, short in SHORT.items()}
	kinds = {document.kind for document in found.documents}
	for kind in sorted(kinds, key=lambda kind: (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), kind)):
		yield f"### {long.get(kind, kind)}{f' ({kind})' if kind in long else ''}"
		yield ""
		places = _places([document for document in found.documents if document.kind == kind])
		rows = ((_field_name(place), *_sources(found, f"{kind}.{place}"), _constant(values)) for place, values in places.items())
		yield from _table(("field", "from Shopify", "from the store", "always"), (_without_constant(row) for row in rows))
		yield ""


def _places(documents: list[Document]) -> dict[str, set[str]]:
	"""Return field → the values that it had, as text."""
	found: dict[str, set[str]] = {}
	for document in documents:
		for name, value in document.fields.items():
			found.setdefault(name, set()).add(str(value))
		for table, rows in document.tables.items():
			for name, value in ((name, value) for row in rows for name, value in row.items()):
				found.setdefault(f"{table}.{name}", set()).add(str(value))
	return found


def _sources(found: Traces, place: str) -> tuple[str, str]:
	of_fields = [f"`{'.'.join(label)}`" for label, trace in found.fields.items() if place in trace.places]
	labels = _labels()
	of_store = [labels[name] for name, trace in found.settings.items() if place in trace.places]
	return ", ".join(sorted(of_fields)), ", ".join(of_store)


def _constant(values: set[str]) -> str:
	"""Return the value where it was the same in every sample; else it came with the row, or the document, that it stands in."""
	(only, *more) = sorted(values)
	if more:
		return only if only.startswith("→") and all(value.startswith("→") for value in more) else "with its row"
	return "with its row" if _AN_ID.fullmatch(only) else only


def _without_constant(row: tuple[str, ...]) -> tuple[str, ...]:
	"""Drop the value where something decides about it: that it was always the same in the samples says nothing."""
	name, shopify, store, constant = row
	if name.strip("`") in _FIGURED:
		constant = ""
	if constant.startswith("→"):
		return (name, shopify, store, re.sub(r" row \d+ of \S+ in", " row of", constant))
	return (name, shopify, store, "" if shopify or store else constant)


# --- settings ---------------------------------------------------------------------------------------------------------


def _labels() -> dict[str, str]:
	"""Return setting → how the form calls it."""
	on_form = _form()
	return {
		one.name: _NOT_ON_THE_FORM.get(one.name) or on_form[_FORM.get(one.name, one.name)]["label"] for one in fields(StorePolicy)
	}


def _form() -> Mapping[str, Mapping[str, Any]]:
	return {one["fieldname"]: one for one in json.loads(_STORE.read_text())["fields"]}


def _settings(found: Traces) -> Iterator[str]:
	labels, form = _labels(), _form()
	rows = []
	for name, trace in found.settings.items():
		about = NOT_BOOKED.get(name) or ("every key, so every document" if name == "store" else _goes_to(trace.places))
		said = re.sub(r"<[^>]+>", "`", str(form.get(_FORM.get(name, name), {}).get("description") or ""))
		rows.append((labels[name], about, ", ".join(f"*{how}*" for how in sorted(trace.endings)), said))
	yield from _table(("setting", "decides about", "may end in", "what the form says"), rows)


def _state_rules() -> Iterator[str]:
	head = ("cancelled", "financial status", "fulfilment status", "Sales Order", "invoice", "payments", "deliveries", "priority")
	yield from _table(head, (_state_row(rule) for rule in DEFAULT_RULES))


def _state_row(rule: StateRule) -> tuple[str, ...]:
	return (
		{None: "either", True: "yes", False: "no"}[rule.cancelled],
		rule.financial_status or "any",
		rule.fulfillment_status or "any",
		str(rule.outcome),
		*("yes" if flag else "" for flag in (rule.invoice, rule.payment, rule.delivery)),
		str(rule.priority),
	)
