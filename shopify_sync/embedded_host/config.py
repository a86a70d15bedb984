"""The embedded host's settings: one JSON file that says which stores there are, how they are booked, and which Items exist.

Every mistake in the file is reported at once, each with the place where it stands and what to write there instead.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from shopify_sync.core.contracts.base import NotJson, dump_json, parse_json
from shopify_sync.core.customers.fields import AUTHORITY_FIELDS
from shopify_sync.core.holds import Hold
from shopify_sync.core.policy import FieldAuthority, LocationRule, MatchingRule, StorePolicy, TaxRule, ValuationRule
from shopify_sync.core.receiving import DEFAULT_MAX_BODY, Gate

from . import admin_config
from .admin_config import Admin

_STORE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9.-]*\.[a-z]+")
_POLICY_FIELDS = frozenset(entry.name for entry in fields(StorePolicy))
_GATE_FIELDS = frozenset(("shop_domain", "client_secret", "previous_client_secret", "enabled", "max_body_mb", "admin"))
_TOP_FIELDS = frozenset(("stores", "shops", "items", "accept_any_sku", "exchange_rates"))
#: Rows of a store that are settings themselves.
_ROWS = {
	"tax_rules": TaxRule,
	"locations": LocationRule,
	"matching_rules": MatchingRule,
	"field_authority": FieldAuthority,
	"holds": Hold,
}
_POLICY = TypeAdapter(StorePolicy)


class BadConfig(Exception):
	"""Raised when the file cannot be used. The message has one line per mistake."""

	def __init__(self, problems: Iterable[str]) -> None:
		super().__init__("\n".join(problems))


class Item(BaseModel):
	"""An Item as the config states it. Rates are in the company's currency."""

	model_config = ConfigDict(extra="forbid", frozen=True)

	item_code: str
	barcode: str | None = None
	stock_uom: str = "Nos"
	is_stock_item: bool = True
	disabled: bool = False
	has_variants: bool = False
	has_batch_or_serial: bool = False
	has_serial: bool = False
	valuation_rate: Decimal | None = None
	last_purchase_rate: Decimal | None = None
	prices: dict[str, Decimal] = {}
	item_group: str | None = None
	#: Of a Product Bundle: how much of each Item one bundle takes.
	components: dict[str, Decimal] = {}


@dataclass(frozen=True)
class Store:
	"""A store: who may deliver to it, and how it is booked."""

	shop_domain: str
	gate: Gate
	policy: StorePolicy
	admin: Admin = field(default_factory=Admin)


@dataclass(frozen=True)
class Config:
	"""The whole file, checked."""

	stores: tuple[Store, ...]
	items: tuple[Item, ...] = ()
	accept_any_sku: bool = False
	exchange_rates: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
	#: Where shops answer that are on this machine, by domain; for development.
	shops: Mapping[str, str] = field(default_factory=dict)

	def store(self, name: str) -> Store:
		"""Return a store by its name. :raises BadConfig: when there is none."""
		for store in self.stores:
			if store.policy.store == name:
				return store
		raise BadConfig([f"The config has no store {name!r}; it has: {', '.join(s.policy.store for s in self.stores)}."])

	def fingerprint(self, name: str) -> str:
		"""Return a hash of everything that a store's events may wait for: when it changes, they are worth another look."""
		items = sorted((item.model_dump() for item in self.items), key=lambda item: item["item_code"])
		rates = {"-".join(pair): rate for pair, rate in self.exchange_rates.items()}
		facts = (asdict(self.store(name).policy), items, self.accept_any_sku, rates)
		return hashlib.sha256(dump_json(facts).encode()).hexdigest()

	def bundles_with(self, item: str) -> list[str]:
		"""Return the Product Bundles that an Item is part of."""
		return [bundle.item_code for bundle in self.items if item in bundle.components]

	def by_domain(self, shop_domain: str) -> Store | None:
		"""Return the store with this domain, or None."""
		return next((store for store in self.stores if store.shop_domain == shop_domain), None)

	def rate(self, currency: str, company_currency: str) -> Decimal | None:
		"""Return what one unit of *currency* is worth in *company_currency*, or None when the config does not say."""
		return Decimal(1) if currency == company_currency else self.exchange_rates.get((currency, company_currency))


def load(path: Path | str) -> Config:
	"""Read and check a config file. :raises BadConfig: with every mistake that was found."""
	try:
		raw = Path(path).read_bytes()
	except OSError as error:
		raise BadConfig([f"{path} cannot be read: {error.strerror or error}. Name a readable file with --config."]) from error
	try:
		return parse(parse_json(raw))
	except NotJson as error:
		raise BadConfig([f"{path} is not JSON: {error}."]) from error
	except BadConfig as error:
		raise BadConfig(f"{path}: {line}" for line in str(error).splitlines()) from error


def parse(data: Any) -> Config:
	"""Check settings that were read from JSON. :raises BadConfig: with every mistake that was found."""
	if not isinstance(data, Mapping):
		raise BadConfig(['The config must be a JSON object with "stores" in it.'])
	problems = _unknown("", data, _TOP_FIELDS)
	if not isinstance(data.get("stores"), list) or not data["stores"]:
		problems.append("stores: name at least one store, as a list of objects.")
		raise BadConfig(problems)
	shops, mistakes = admin_config.addresses(data.get("shops"))
	problems += mistakes
	stores = [_store(f"stores[{index}]", entry, shops, problems) for index, entry in enumerate(data["stores"])]
	items = [_item(f"items[{index}]", entry, problems) for index, entry in enumerate(data.get("items") or ())]
	rates = _rates(data.get("exchange_rates") or {}, problems)
	good_stores = tuple(store for store in stores if store)
	problems += _twice("store", (store.policy.store for store in good_stores))
	problems += _twice("shop_domain", (store.shop_domain for store in good_stores))
	problems += _twice("item_code", (item.item_code for item in items if item))
	if problems:
		raise BadConfig(problems)
	return Config(good_stores, tuple(item for item in items if item), bool(data.get("accept_any_sku")), rates, shops)


def _store(place: str, data: Any, shops: Mapping[str, str], problems: list[str]) -> Store | None:
	if not isinstance(data, Mapping):
		problems.append(f"{place}: must be an object with the settings of one store.")
		return None
	found = _unknown(place, data, _POLICY_FIELDS | _GATE_FIELDS) + _gate_problems(place, data)
	found += [line for name, kind in _ROWS.items() for line in _row_problems(f"{place}.{name}", data.get(name), kind)]
	policy: StorePolicy | None = None
	try:
		policy = _POLICY.validate_python({name: value for name, value in data.items() if name in _POLICY_FIELDS})
	except ValidationError as error:
		found += _explain(place, error)
	if policy:
		found += _policy_problems(place, policy)
	domain = str(data.get("shop_domain") or "").strip().lower()
	admin, mistakes = admin_config.read(f"{place}.admin", data.get("admin"), domain, shops)
	found += mistakes
	problems += found
	if found or policy is None:
		return None
	secrets = (data["client_secret"], data.get("previous_client_secret") or "")
	max_body = int(data["max_body_mb"] * 1024 * 1024) if "max_body_mb" in data else DEFAULT_MAX_BODY
	gate = Gate(policy.store, bool(data.get("enabled", True)), secrets, max_body)
	return Store(domain, gate, policy, admin)


def _gate_problems(place: str, data: Mapping[str, Any]) -> list[str]:
	problems = []
	domain = data.get("shop_domain")
	if not isinstance(domain, str) or not _DOMAIN.fullmatch(domain.strip().lower()):
		problems.append(f'{place}.shop_domain: write the domain that Shopify knows the shop by, as "my-store.myshopify.com".')
	secret = data.get("client_secret")
	if not isinstance(secret, str) or not secret.strip():
		problems.append(f"{place}.client_secret: write the app's client secret; without it every delivery is refused.")
	if not isinstance(data.get("previous_client_secret") or "", str):
		problems.append(f"{place}.previous_client_secret: must be text, or left out.")
	if not isinstance(data.get("enabled", True), bool):
		problems.append(f"{place}.enabled: must be true or false.")
	size = data.get("max_body_mb", 10)
	if isinstance(size, bool) or not isinstance(size, int | Decimal) or size <= 0:
		problems.append(f"{place}.max_body_mb: must be a number above 0, in megabytes.")
	return problems


def _policy_problems(place: str, policy: StorePolicy) -> list[str]:
	checks = (
		("store", bool(_STORE_NAME.fullmatch(policy.store)), "use lower-case letters, digits and hyphens, at most 31; it becomes part of every key."),
		("company", bool(policy.company.strip()), "name the company that the orders are booked in."),
		("company_currency", len(policy.company_currency) == 3, 'write the ISO code of the company\'s currency, as "USD".'),
		("time_zone", _is_zone(policy.time_zone), 'write an IANA name, as "Europe/Berlin".'),
		("max_attempts", policy.max_attempts >= 1, "must be at least 1."),
		("retry_base_seconds", policy.retry_base_seconds > 0, "must be above 0."),
		("retry_cap_seconds", policy.retry_cap_seconds > 0, "must be above 0."),
		("rounding_tolerance", policy.rounding_tolerance >= 0, "must not be below 0."),
	)  # fmt: skip
	problems = [f"{place}.{name}: {advice}" for name, good, advice in checks if not good]
	for index, rule in enumerate(policy.locations):
		if rule.valuation_rule is ValuationRule.FIXED and not (rule.fixed_rate and rule.fixed_rate > 0):
			problems.append(f"{place}.locations[{index}].fixed_rate: must be above 0 where the valuation rule is a fixed rate.")
	problems += _twice(f"{place}.locations.location_id", (rule.location_id for rule in policy.locations))
	return problems + _authority_problems(f"{place}.field_authority", policy)


def _authority_problems(place: str, policy: StorePolicy) -> list[str]:
	named = [rule.field for rule in policy.field_authority]
	known = ", ".join(AUTHORITY_FIELDS)
	unknown = [
		f"{place}: {name!r} is no field of a customer; known are: {known}." for name in named if name not in AUTHORITY_FIELDS
	]
	return unknown + _twice(f"{place}.field", named)


def _is_zone(name: str) -> bool:
	try:
		ZoneInfo(name)
	except (KeyError, ValueError, OSError):
		return False
	return True


def _row_problems(place: str, rows: Any, kind: type) -> list[str]:
	known = frozenset(entry.name for entry in fields(kind))
	named = enumerate(rows) if isinstance(rows, list) else ()
	return [line for index, row in named if isinstance(row, Mapping) for line in _unknown(f"{place}[{index}]", row, known)]


def _item(place: str, data: Any, problems: list[str]) -> Item | None:
	try:
		return Item.model_validate(data)
	except ValidationError as error:
		problems += _explain(place, error)
		return None


def _rates(data: Any, problems: list[str]) -> dict[tuple[str, str], Decimal]:
	rates: dict[tuple[str, str], Decimal] = {}
	for name, value in data.items() if isinstance(data, Mapping) else ():
		source, _hyphen, target = str(name).partition("-")
		rate = _decimal(value)
		if len(source) != 3 or len(target) != 3 or rate is None or rate <= 0:
			problems.append(f'exchange_rates.{name}: write "EUR-USD": "1.08", meaning that one euro is worth 1.08 dollars.')
		else:
			rates[(source.upper(), target.upper())] = rate
	if not isinstance(data, Mapping):
		problems.append('exchange_rates: must be an object, as {"EUR-USD": "1.08"}.')
	return rates


def _decimal(value: Any) -> Decimal | None:
	try:
		found = Decimal(str(value))
	except InvalidOperation:
		return None
	return found if found.is_finite() else None


def _unknown(place: str, data: Mapping[str, Any], known: frozenset[str]) -> list[str]:
	problems = []
	for name in sorted(set(data) - known):
		near = difflib.get_close_matches(name, known, n=1)
		advice = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(sorted(known))}."
		problems.append(f"{place + '.' if place else ''}{name}: is no setting; {advice}")
	return problems


def _explain(place: str, error: ValidationError) -> list[str]:
	"""Return pydantic's findings as our lines. The values stay out: a secret may be among them."""
	lines = []
	for item in error.errors(include_input=False, include_url=False):
		path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in item["loc"])
		lines.append(f"{place}{path}: {_ADVICE.get(item['type'], item['msg'])}.")
	return lines


_ADVICE = {
	"missing": "is missing",
	"missing_argument": "is missing",
	"extra_forbidden": "is no setting",
	"string_type": "must be text, in quotes",
	"bool_parsing": "must be true or false",
	"bool_type": "must be true or false",
}


def _twice(what: str, values: Iterable[str]) -> list[str]:
	seen: set[str] = set()
	doubles = [value for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]
	return [f"{what}: {value!r} is named twice; each must be unique." for value in dict.fromkeys(doubles)]


def as_json(data: Mapping[str, Any]) -> str:
	"""Write settings as a file that a person can edit."""
	return json.dumps(data, indent=2, ensure_ascii=False, default=str) + "\n"
