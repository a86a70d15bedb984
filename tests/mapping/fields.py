"""The fields of the contracts: every value that is read of a payload, and the comment that stands above it in the code."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from shopify_sync.core import keys
from shopify_sync.core.contracts.customer import Customer
from shopify_sync.core.contracts.customer_events import ConsentOfCustomer, DeletedCustomer, MergeOfCustomers, Redaction
from shopify_sync.core.contracts.inventory_level import InventoryLevel
from shopify_sync.core.contracts.order import Order
from shopify_sync.core.contracts.product import Deleted, InventoryItem, Product
from shopify_sync.core.contracts.transaction import Transaction

#: resource → the contract that its payload is.
CONTRACTS: Mapping[str, type[BaseModel]] = {
	keys.ORDER: Order,
	keys.ORDER_TRANSACTION: Transaction,
	keys.CUSTOMER: Customer,
	keys.CUSTOMER_MERGE: MergeOfCustomers,
	keys.CUSTOMER_DELETION: DeletedCustomer,
	keys.CUSTOMER_REDACTION: Redaction,
	keys.CUSTOMER_CONSENT: ConsentOfCustomer,
	keys.INVENTORY_LEVEL: InventoryLevel,
	keys.PRODUCT: Product,
	keys.PRODUCT_DELETION: Deleted,
	keys.INVENTORY_ITEM: InventoryItem,
	keys.INVENTORY_ITEM_DELETION: Deleted,
}
#: What is read from a place of another name, and how the place is reached.
_ELSEWHERE: Mapping[tuple[str, str], tuple[str, ...]] = {
	("Order", "other_currency"): ("presentment_currency",),
	("Order", "other_total"): ("total_price_set", "presentment_money", "amount"),
}


@dataclass(frozen=True)
class Field:
	"""A value that a contract reads. :ivar kind: amount, number, time, flag, id or text."""

	contract: type[BaseModel]
	name: str
	kind: str

	@property
	def label(self) -> tuple[str, str]:
		"""Contract and field, by name."""
		return self.contract.__name__, self.name

	@property
	def path(self) -> tuple[str, ...]:
		"""Where it stands in the payload of its contract."""
		elsewhere = _ELSEWHERE.get(self.label)
		return elsewhere or (source_names(self.contract.model_fields[self.name], self.name)[0],)


def source_names(info: FieldInfo, name: str) -> tuple[str, ...]:
	"""Return how the payload calls a field, in the order in which names are tried."""
	alias = info.validation_alias
	if isinstance(alias, AliasChoices):
		return tuple(str(choice) for choice in alias.choices)
	return (alias,) if isinstance(alias, str) else (name,)


def contracts() -> list[type[BaseModel]]:
	"""Return every contract, parts after what they are a part of."""
	found: dict[type[BaseModel], None] = {}
	for root in CONTRACTS.values():
		_gather(root, found)
	return list(found)


def _gather(contract: type[BaseModel], found: dict[type[BaseModel], None]) -> None:
	if contract in found:
		return
	found[contract] = None
	for info in contract.model_fields.values():
		if inner := inner_contract(info.annotation):
			_gather(inner, found)


def inner_contract(annotation: Any) -> type[BaseModel] | None:
	"""Return the contract that a field holds, alone or in a list, or None."""
	if isinstance(annotation, type) and issubclass(annotation, BaseModel):
		return annotation
	if get_origin(annotation) in (tuple, list, Annotated, Union, UnionType):
		return next((found for part in get_args(annotation) if (found := inner_contract(part))), None)
	return None


def fields_of(contract: type[BaseModel]) -> list[Field]:
	"""Return the values that a contract reads itself, its parts left out."""
	return [
		Field(contract, name, _kind(name, info))
		for name, info in contract.model_fields.items()
		if inner_contract(info.annotation) is None
	]


def parts_of(contract: type[BaseModel]) -> dict[str, type[BaseModel]]:
	"""Return the parts of a contract by the name that the payload has for them."""
	return {
		source_names(info, name)[0]: inner
		for name, info in contract.model_fields.items()
		if (inner := inner_contract(info.annotation))
	}


_KINDS = (("Decimal", "amount"), ("datetime", "time"), ("AwareDatetime", "time"), ("bool", "flag"), ("int", "number"))


def _kind(name: str, info: FieldInfo) -> str:
	if name == "id" or name.endswith("_id") or name == "orders_to_redact":
		return "id"
	words = re.findall(r"\w+", str(info.annotation))
	return next((kind for word, kind in _KINDS if word in words), "text")


# --- what the code says of them ---------------------------------------------------------------------------------------


def rules(contract: type[BaseModel]) -> dict[str, str]:
	"""Return field → the comment above it (`#: …`), of the contract and of what it is made from."""
	found: dict[str, str] = {}
	for base in reversed([base for base in contract.__mro__ if issubclass(base, BaseModel) and base is not BaseModel]):
		found |= _comments(base)
	return found


def _comments(contract: type[BaseModel]) -> dict[str, str]:
	lines, _start = inspect.getsourcelines(contract)
	tree = ast.parse(inspect.cleandoc("".join(lines)) if lines[0].startswith("\t") else "".join(lines))
	body = tree.body[0]
	assert isinstance(body, ast.ClassDef)
	found = {}
	for node in body.body:
		if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
			text = " ".join(reversed(list(_above(lines, node.lineno - 2))))
			found |= {node.target.id: text} if text else {}
	return found


def _above(lines: list[str], place: int) -> Iterator[str]:
	while place >= 0 and lines[place].strip().startswith("#:"):
		yield lines[place].strip().removeprefix("#:").strip()
		place -= 1


def summary(contract: type[BaseModel]) -> str:
	"""Return what the code says of a contract, in one line."""
	text = inspect.cleandoc(contract.__doc__ or "")
	return " ".join(text.split())
