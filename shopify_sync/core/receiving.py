"""What happens to a webhook request, the same on both hosts: signature first, then one row, then 200.

No ERPNext document is touched and Shopify is not called. Source of the rules:
https://shopify.dev/docs/apps/build/webhooks/subscribe/https and .../verify-deliveries.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from .contracts.base import NotJson, parse_json
from .events import NewEvent, Receipt, SignedWith, Source
from .failures import Category
from .keys import key, short_hash
from .signals import Incomplete, Subject, payload_hash, subject_of
from .statuses import Status
from .topics import resource_of, why_ignored

DEFAULT_MAX_BODY = 10 * 1024 * 1024


@dataclass(frozen=True)
class Gate:
	"""What the receiving path needs to know of a store. The secrets are never printed."""

	store: str
	enabled: bool
	#: The current one first. A blank one verifies nothing.
	secrets: tuple[str, ...]
	max_body: int = DEFAULT_MAX_BODY

	def __repr__(self) -> str:
		return f"Gate({self.store!r})"


@dataclass(frozen=True)
class Answer:
	"""The HTTP answer, and whether there is work for a worker."""

	status: int
	message: str
	wake: bool = False


class Receiver(Protocol):
	"""What a host offers to the receiving path."""

	def gate(self, shop_domain: str) -> Gate | None:
		"""Return the gate of the store with this domain, or None."""

	def record(self, event: NewEvent) -> Receipt:
		"""Insert the event and commit, or count a second delivery."""

	def now(self) -> datetime:
		"""Return the time, UTC."""

	def refused(self, reason: str, shop_domain: str) -> None:
		"""Write one rate-limited log line; never the body."""


class Headers:
	"""Shopify's headers by their bare name (`topic`, `hmac-sha256`), with or without `x-`, in any case."""

	def __init__(self, headers: Iterable[tuple[str, str]]) -> None:
		self._values: dict[str, str] = {}
		for name, value in headers:
			bare = name.lower().removeprefix("x-")
			if bare.startswith("shopify-"):
				self._values.setdefault(bare.removeprefix("shopify-"), value.strip())

	def get(self, name: str) -> str:
		"""Return a header's value, or an empty string."""
		return self._values.get(name, "")


def sign(secret: str, body: bytes) -> str:
	"""Return the signature that Shopify would send: base64 of HMAC-SHA256 over the raw bytes."""
	return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def is_signed(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
	"""Tell whether one of *secrets* signed *body*. Constant time per secret; a blank secret verifies nothing."""
	given = signature.encode()
	matches = [hmac.compare_digest(sign(secret, body).encode(), given) for secret in secrets if secret.strip()]
	return bool(signature) and any(matches)


def _signer(body: bytes, signature: str, gate: Gate) -> SignedWith:
	"""Tell which secret signed what is known to be signed: a person who rotates secrets must see when the old one is needed no more."""
	current, *previous = gate.secrets
	# Without a previous one there is nothing to tell: the body is signed once.
	is_current = not any(secret.strip() for secret in previous) or is_signed(body, signature, (current,))
	return SignedWith.CURRENT if is_current else SignedWith.PREVIOUS


def receive(headers: Iterable[tuple[str, str]], body: bytes, host: Receiver) -> Answer:
	"""Take one delivery.

	:param body: the raw bytes, exactly as they came.
	:returns: 401 when unsigned, 404 for a disabled store, 413 when too large, 400 when not JSON, else 200.
	"""
	given = Headers(headers)
	domain = given.get("shop-domain").lower()
	gate = host.gate(domain) if domain else None
	if gate is None:
		host.refused("unknown shop", domain)
		return Answer(401, "Unknown shop or wrong signature.")
	if len(body) > gate.max_body:
		host.refused("body too large", domain)
		return Answer(413, f"The body is larger than {gate.max_body} bytes.")
	if not is_signed(body, given.get("hmac-sha256"), gate.secrets):
		host.refused("wrong signature" if any(s.strip() for s in gate.secrets) else "no client secret set", domain)
		return Answer(401, "Unknown shop or wrong signature.")
	if not gate.enabled:
		return Answer(404, "This store is disabled.")
	try:
		payload = parse_json(body)
	except NotJson:
		return Answer(400, "The body is not JSON.")
	event = new_event(given, body, payload, gate.store, host.now())
	receipt = host.record(replace(event, signed_with=_signer(body, given.get("hmac-sha256"), gate)))
	if receipt.duplicate:
		return Answer(200, "Already known.")
	return Answer(200, "Recorded.", wake=receipt.status is Status.RECEIVED)


def new_event(
	headers: Headers, body: bytes, payload: object, store: str, now: datetime, source: Source = Source.WEBHOOK
) -> NewEvent:
	"""Return the row for a correctly signed delivery: Received, Ignored, or Dead Letter when it lacks what it must have."""
	digest = payload_hash(body)
	topic = headers.get("topic").lower()
	resource = resource_of(topic)
	subject: Subject | None = None
	status, category, message = Status.RECEIVED, None, ""
	if not isinstance(payload, Mapping):
		status, category, message = Status.DEAD_LETTER, Category.INVALID_PAYLOAD, "The body is not a JSON object."
	elif resource is None:
		status, message = Status.IGNORED, why_ignored(topic)
	else:
		try:
			subject = subject_of(resource, payload, digest, headers.get("triggered-at"))
		except Incomplete as error:
			status, category, message = Status.DEAD_LETTER, Category.INVALID_PAYLOAD, str(error)
	return NewEvent(
		name=_event_name(headers, store, topic, digest),
		store=store,
		source=source,
		topic=topic,
		resource=resource,
		shopify_id=subject.shopify_id if subject else None,
		link=key(store, subject.resource, subject.shopify_id) if subject else None,
		version=subject.version if subject else None,
		updated_at=subject.updated_at if subject else None,
		label=subject.label if subject else "",
		part_of=key(store, *subject.part_of) if subject and subject.part_of else None,
		status=status,
		category=category,
		message=message,
		payload=body.decode("utf-8", "replace"),
		payload_hash=digest,
		api_version=headers.get("api-version")[:20],
		event_id=headers.get("event-id")[:100],
		triggered_at=headers.get("triggered-at")[:40],
		received_at=now,
	)


def _event_name(headers: Headers, store: str, topic: str, digest: str) -> str:
	"""Return the webhook id; a delivery without one is named after its content, so that a repetition is still recognised."""
	return headers.get("webhook-id")[:100] or f"no-id-{short_hash(store, topic, digest)}"
