"""Webhook subscriptions: those that the store's flows need, beside those that Shopify has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from .findings import Difference, Kind


@dataclass(frozen=True)
class Subscription:
	"""A subscription as Shopify has it.

	:ivar topic: in REST's spelling (`orders/create`). *fields*: empty: the whole payload.
	"""

	id: str
	topic: str
	address: str
	api_version: str = ""
	fields: tuple[str, ...] = ()
	filter: str = ""


def differences(
	wanted: Collection[str], there: Sequence[Subscription], address: str, api_version: str
) -> Iterator[tuple[str, Difference]]:
	"""Yield (topic, what is not as it should be).

	:param address: where webhooks of this site have to go.
	:param api_version: what the store is set to; payloads of another version may lack what is read.
	"""
	ours = {one.topic: one for one in there if one.address.rstrip("/") == address.rstrip("/")}
	for topic in sorted(wanted):
		found = ours.get(topic)
		if found is None:
			elsewhere = next((one.address for one in there if one.topic == topic), "")
			yield topic, Difference(Kind.SUBSCRIPTION, "address", elsewhere or "none", address)
			continue
		if found.api_version and api_version and found.api_version != api_version:
			yield topic, Difference(Kind.SUBSCRIPTION, "version", found.api_version, api_version)
		if found.fields or found.filter:
			left = f"only {', '.join(found.fields)}" if found.fields else f"only {found.filter}"
			yield topic, Difference(Kind.SUBSCRIPTION, "fields", left, "everything")
