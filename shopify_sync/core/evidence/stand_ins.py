"""Stand-ins for personal values: the same value gets the same stand-in within one bundle, so that matching behaves the same.

A stand-in keeps what rules look at: an e-mail stays an e-mail, a number with its country code stays one, two words stay two, and
nothing stays nothing. It is made with a secret that is thrown away, so that nobody can try values until one fits. What a bundle
may hold at all is what the contracts read (core/contracts/): any other field of a payload is left out.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..contracts import customer_events, fulfillment, inventory_level, order, product, transaction
from ..contracts.base import ShopifyModel
from ..masking import PERSONAL_FIELDS, REDACTED

#: Read before a contract is checked, or from beside it (core/signals.py, core/contracts/, core/resources.py).
_ALSO_READ = frozenset(
	"""admin_graphql_api_id admin_graphql_api_customer_kept_id admin_graphql_api_customer_deleted_id shop_money presentment_money
	amount currency_code presentment_currency inventory_management on_hand available created_at updated_at variant_gids
	company_id company_location_id""".split()
) | {REDACTED}
_MODULES = (customer_events, fulfillment, inventory_level, order, product, transaction)
#: Besides what evidence masks: a company that buys, and what customers wrote.
_PERSONAL = PERSONAL_FIELDS | {"company", "tax_registration_id", "contact_email"}
_EMAILS = frozenset(("email", "contact_email", "email_id", "email_ids"))
_PHONES = frozenset(("phone", "mobile_no", "phone_nos", "phones"))
_TAX_IDS = frozenset(("tax_id", "tax_registration_id"))
#: Under these `name` is a person's, or a company's that buys.
_PERSON_SECTIONS = frozenset(("billing_address", "shipping_address", "default_address", "addresses", "customer", "company"))
#: Free text that other people read; a personal value may stand in it.
_FREE_TEXT = frozenset(
	"""title name variant_title tags body_html source_name payment_terms_name po_number tracking_company tracking_number tracking_numbers
	message""".split()
)
_EMAIL = re.compile(r"[^\s@<>\"',;:]+@[^\s@<>\"',;:]+\.[A-Za-z]{2,}")
#: Shorter ones would blank out common words.
_SHORTEST_SWEPT = 4
_LETTERS = "bcdfghjklmnpqrstvwxz"


def _fields_of(model: type[ShopifyModel]) -> Iterator[str]:
	for name, info in model.model_fields.items():
		yield name
		for alias in (info.alias, info.validation_alias):
			choices = getattr(alias, "choices", [alias])
			yield from (str(choice) for choice in choices if isinstance(choice, str))


def _kept_fields() -> frozenset[str]:
	"""Return every field that a contract reads, by whatever name a payload has for it."""
	models = [
		one for module in _MODULES for one in vars(module).values() if isinstance(one, type) and issubclass(one, ShopifyModel)
	]
	return frozenset(name for model in models for name in _fields_of(model)) | _ALSO_READ


KEPT = _kept_fields()


@dataclass(frozen=True)
class StandIns:
	"""Makes stand-ins. *secret*: of one bundle; it never stands in the bundle."""

	secret: bytes = field(repr=False)

	def _letters(self, kind: str, value: str, count: int) -> str:
		digest = hmac.new(self.secret, f"{kind}\x1f{value}".encode(), hashlib.sha256).digest()
		return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:count])

	def _digits(self, kind: str, value: str, count: int) -> str:
		digest = hmac.new(self.secret, f"{kind}\x1f{value}".encode(), hashlib.sha256).digest()
		return "".join(str(byte % 10) for byte in digest[:count])

	def words(self, text: str) -> str:
		"""Return text word by word, so that a name that is put together of two gives the same as the two."""
		return " ".join(self._word(word) for word in text.split())

	def _word(self, word: str) -> str:
		letters = self._letters("word", word.casefold(), 10)
		return letters.capitalize() if word[:1].isupper() else letters

	def email(self, text: str) -> str:
		"""Return an address at example.com; text that is none is words."""
		bare = text.strip()
		if not bare:
			return ""
		return f"{self._letters('email', bare.casefold(), 12)}@example.com" if "@" in bare else self.words(bare)

	def phone(self, text: str) -> str:
		"""Return a number; with a country code where the value has one. Text that is none is words."""
		digits = "".join(char for char in text if char.isascii() and char.isdigit())
		if len(digits) < 3:
			return self.words(text)
		if text.strip().startswith("+"):
			# +999 belongs to no country: no one can be called.
			return f"+999{self._digits('phone', digits, 9)}" if len(digits) >= 7 else f"+99{self._digits('phone', digits, 4)}"
		return f"0{self._digits('phone', digits, 9)}"

	def tax_id(self, text: str) -> str:
		"""Return a tax id; however its parts are set apart, the same one gives the same."""
		bare = re.sub(r"[\s.\-/]", "", text).upper()
		return f"XX{self._digits('tax', bare, 9)}" if bare else ""

	def value(self, name: str, value: Any) -> Any:
		"""Return the stand-in of the value of a personal field; nothing stays nothing."""
		if value in (None, "", [], ()) or isinstance(value, bool):
			return value
		if isinstance(value, list | tuple):
			return [self.value(name, one) for one in value]
		if isinstance(value, Mapping):
			return {str(inner): self.value(str(inner), one) for inner, one in value.items()}
		text = str(value)
		if name in _EMAILS:
			return self.email(text)
		if name in _PHONES:
			return self.phone(text)
		return self.tax_id(text) if name in _TAX_IDS else self.words(text)

	def payload(self, payload: Any) -> Any:
		"""Return a payload that holds what the contracts read, each personal value replaced."""
		if not isinstance(payload, Mapping):
			return {}
		swept = Sweep(self, personal_values(payload))
		return self._mapping(payload, "", swept)

	def _mapping(self, values: Mapping[str, Any], section: str, swept: Sweep) -> dict[str, Any]:
		found = {}
		for name, value in values.items():
			if name not in KEPT and not name.endswith("_set"):
				continue
			found[name] = self._field(name, value, section, swept)
		return found

	def _field(self, name: str, value: Any, section: str, swept: Sweep) -> Any:
		if isinstance(value, Mapping):
			# Where a text is expected, a section is nothing that a contract reads.
			return {} if name in _PERSONAL and name not in _PERSON_SECTIONS else self._mapping(value, name, swept)
		if isinstance(value, list | tuple):
			return [self._field(name, one, section, swept) for one in value]
		if is_personal(name, section):
			return self.value(name, value)
		return swept.clean(value) if isinstance(value, str) and name in _FREE_TEXT else value

	def document(self, values: Mapping[str, Any]) -> dict[str, Any]:
		"""Return the fields of a document of ERPNext's that is a person, each personal value replaced, child rows too."""
		return {name: self._of_document(name, value) for name, value in values.items()}

	def _of_document(self, name: str, value: Any) -> Any:
		if isinstance(value, Mapping):
			return self.document(value)
		if isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
			return [self.document(one) if isinstance(one, Mapping) else self.value(name, one) for one in value]
		return self.value(name, value) if name in _PERSONAL or name == "phones" else value


@dataclass(frozen=True)
class Sweep:
	"""Takes personal values that stand in a payload out of other text that came with it."""

	stand_ins: StandIns
	values: tuple[str, ...]

	def clean(self, text: str) -> str:
		"""Return *text* without any of the values, whatever their case, and without e-mail addresses."""
		folded = text.casefold()
		for value in self.values:
			if value.casefold() in folded:
				text = re.sub(re.escape(value), self.stand_ins.words(value), text, flags=re.IGNORECASE)
				folded = text.casefold()
		return text if "@" not in text else _EMAIL.sub(lambda match: self.stand_ins.email(match.group()), text)


def is_personal(name: str, section: str) -> bool:
	"""Tell whether a field of a payload is personal, given the section that it stands in."""
	if name == "name" and section in _PERSON_SECTIONS:
		return True
	return name in _PERSONAL or (name == "value" and section == "note_attributes")


def personal_values(payload: Any) -> tuple[str, ...]:
	"""Return every personal text in a payload that is long enough to be looked for elsewhere, the longest first."""
	found = {value for value in _personal(payload, "") if len(value) >= _SHORTEST_SWEPT}
	return tuple(sorted(found, key=lambda value: (-len(value), value)))


def _personal(value: Any, section: str, name: str = "") -> Iterator[str]:
	if isinstance(value, Mapping):
		for inner, one in value.items():
			# Within a list the section is that of the list.
			yield from _personal(one, name or section, str(inner))
	elif isinstance(value, list | tuple):
		for one in value:
			yield from _personal(one, section, name)
	elif isinstance(value, str) and value.strip() and is_personal(name, section):
		yield value.strip()


def dump_exactly(value: Any) -> str:
	"""Write JSON with every number as it was read: a price that was a number stays one, digit by digit, and text stays text."""
	if isinstance(value, Decimal):
		return format(value, "f")
	if isinstance(value, Mapping):
		return "{" + ",".join(f"{json.dumps(str(name))}:{dump_exactly(inner)}" for name, inner in value.items()) + "}"
	if isinstance(value, list | tuple):
		return "[" + ",".join(dump_exactly(inner) for inner in value) + "]"
	return json.dumps(value, ensure_ascii=False, default=str)
