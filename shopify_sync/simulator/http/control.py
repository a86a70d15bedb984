"""The control desk: what a merchant does in Shopify's admin, over HTTP. Shopify has no such address.

`POST /shops/<name>/control/<desk>/<operation>` calls an operation of a shop's desk with the JSON object's fields as arguments.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..admin.api import Response
from ..admin.errors import NOT_FOUND
from ..faults import UnknownFault
from ..shop.errors import NotFound, UserError
from .arguments import BadArgument, bind
from .messages import BadBody, Request, answer, parse_object
from .site import Site

DESKS = (
	"products",
	"locations",
	"inventory",
	"customers",
	"orders",
	"edits",
	"payouts",
	"fulfillments",
	"refunds",
	"returns",
	"subscriptions",
)  # fmt: skip


def all_shops(sites: Mapping[str, Site], request: Request, path: str) -> Response:
	"""Answer `/control/state` and `/control/faults`, which are about every shop."""
	if (request.method, path) == ("GET", "state"):
		return _plain(200, {"shops": {name: _locked(site, state) for name, site in sites.items()}})
	if (request.method, path) == ("POST", "faults"):
		responses = [one_shop(site, request, path) for site in sites.values()]
		return next((response for response in responses if response.status >= 400), answer(200, {"shops": len(responses)}))
	return answer(404, NOT_FOUND)


def one_shop(site: Site, request: Request, path: str) -> Response:
	"""Answer what is below a shop's `/control/`: 422 with `errors` when the operation is refused."""
	if request.method == "GET" and path in _READS:
		return _plain(200, _locked(site, _READS[path]))
	if request.method != "POST":
		return answer(404, NOT_FOUND)
	try:
		given = parse_object(request.body, parse_float=Decimal)
		with site.lock:
			return _plain(200, {"result": _operate(site, path, given)})
	except NotFound as error:
		return answer(404, {"errors": [_refusal(error)]})
	except UserError as error:
		return answer(422, {"errors": [_refusal(error)]})
	except (BadArgument, BadBody, UnknownFault) as error:
		return answer(400, {"errors": [{"field": [], "message": str(error), "code": None}]})


def state(site: Site) -> dict[str, Any]:
	"""Return a summary: how many records there are, how deliveries went, which faults are on."""
	shop, courier = site.shop, site.courier
	return {
		"shop": shop.name,
		"domain": shop.domain,
		"currency": shop.currency,
		"token": site.token,
		"client_secrets": shop.secrets(),
		"time": shop.clock.now().isoformat(),
		"counts": {name: len(getattr(shop, name).all) for name in DESKS if name != "edits"},
		"deliveries": {**courier.counters, "waiting": courier.waiting()},
		"faults": {name: value for name, value in dataclasses.asdict(site.faults).items() if value},
	}


def _locked(site: Site, read: Callable[[Site], dict[str, Any]]) -> dict[str, Any]:
	with site.lock:
		return read(site)


def _all(desk: str) -> Callable[[Site], dict[str, Any]]:
	return lambda site: {desk: list(getattr(site.shop, desk).all.values())}


def _stock(site: Site) -> dict[str, Any]:
	return {"levels": list(site.shop.inventory.levels.values())}


#: `GET control/orders` and so on list all records of a desk as they are.
_READS: dict[str, Callable[[Site], dict[str, Any]]] = {
	"state": state,
	"levels": _stock,
	**{desk: _all(desk) for desk in DESKS if desk != "edits"},
}


def _operate(site: Site, path: str, given: dict[str, Any]) -> Any:
	if path == "faults":
		site.faults.set(**{name: _probability(name, value) for name, value in given.items()})
		return dataclasses.asdict(site.faults)
	if path in _OF_THE_SHOP:
		_OF_THE_SHOP[path](site, **given)
		return None
	desk, _slash, name = path.partition("/")
	if desk not in DESKS:
		raise BadArgument(f"There is no desk {desk!r}; there are: {', '.join(DESKS)}.")
	target = getattr(site.shop, desk)
	operation = getattr(target, name, None)
	if operation is None or not hasattr(operation, "is_operation"):
		raise BadArgument(f"The desk {desk!r} has no operation {name!r}; it has: {', '.join(operations(target))}.")
	arguments = bind(operation, given)
	return operation(*arguments.args, **arguments.kwargs)


def operations(desk: object) -> list[str]:
	"""Return the names of a desk's operations."""
	return sorted(name for name in dir(type(desk)) if hasattr(getattr(type(desk), name), "is_operation"))


def _rotate_secret(site: Site, new: object = None, **others: object) -> None:
	if others or not isinstance(new, str) or not new:
		raise BadArgument('Write {"new": "…"}.')
	site.shop.rotate_secret(new)


def _without_arguments(carry_out: Callable[[Site], None]) -> Callable[..., None]:
	def run(site: Site, **given: object) -> None:
		if given:
			raise BadArgument(f"There are no arguments: {', '.join(given)}.")
		carry_out(site)

	return run


_OF_THE_SHOP: dict[str, Callable[..., None]] = {
	"rotate_secret": _rotate_secret,
	"uninstall": _without_arguments(lambda site: site.uninstall()),
	"redact": _without_arguments(lambda site: site.shop.redact()),
}


def _probability(name: str, value: Any) -> float:
	if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
		raise UnknownFault(f"{name}: {value!r} is no probability; write a number from 0 to 1.")
	return float(value)


def _refusal(error: UserError) -> dict[str, Any]:
	return {"field": list(error.field), "message": error.message, "code": error.code}


def _plain(status: int, content: Any) -> Response:
	return Response(status, {"Content-Type": "application/json"}, json.dumps(content, default=_json).encode())


def _json(value: Any) -> Any:
	if dataclasses.is_dataclass(value) and not isinstance(value, type):
		return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
	if isinstance(value, datetime):
		return value.isoformat()
	if isinstance(value, Decimal):
		return format(value, "f")
	raise TypeError(f"{type(value).__name__} has no JSON form")
