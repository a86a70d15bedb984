"""Webhook subscriptions."""

from __future__ import annotations

from typing import Any

from ...rest.topics import PAYLOADS, SILENT
from ...shop.records import Subscription
from ..call import Call, mutation, or_none, plain, refuse, register
from ..cursors import Page, Window
from ..errors import NotImplementedHere
from ..gids import number
from .common import identified, listed, only

#: The enum's name of each topic that can be subscribed to: `ORDERS_CREATE` → `orders/create`.
TOPICS = {topic.replace("/", "_").upper(): topic for topic in (*PAYLOADS, *SILENT)}
_NAMES = {topic: name for name, topic in TOPICS.items()}
_SORTS = {"ID": lambda _record: 0, "CREATED_AT": lambda record: record.created_at}
_INPUT = ("uri", "callbackUrl", "includeFields", "filter", "format", "name")


def _list(
	call: Call, _root: Any, window: Window,
	sortKey: str = "CREATED_AT", topics: list[str] | None = None, uri: str | None = None,
) -> Page:  # fmt: skip
	found = [
		subscription for subscription in call.shop.subscriptions.all.values()
		if (not topics or _NAMES[subscription.topic] in topics) and (uri is None or subscription.uri == uri)
	]  # fmt: skip
	return listed(call, found, name="webhookSubscriptions", sorts=_SORTS, sort_key=sortKey, window=window)


register(
	"QueryRoot",
	{
		"webhookSubscription": lambda call, _r, id: call.shop.subscriptions.all.get(number(id, "WebhookSubscription")),
		"webhookSubscriptions": _list,
	},
)
register(
	"WebhookSubscription",
	{
		**identified("WebhookSubscription"),
		**plain("uri", "includeFields", "createdAt", "updatedAt"),
		"topic": lambda _c, found: _NAMES[found.topic],
		"callbackUrl": lambda _c, found: found.uri,
		"filter": lambda _c, found: or_none(found.filter),
		"name": lambda _c, found: or_none(found.name),
		"format": lambda _c, _found: "JSON",
		"metafieldNamespaces": lambda _c, _found: [],
		"apiVersion": lambda call, _found: call.shop.api_version,
	},
	value=Subscription,
)
register(
	"ApiVersion",
	{
		"handle": lambda _c, version: version,
		"displayName": lambda _c, version: version,
		"supported": lambda _c, _version: True,
	},
)


def _uri(given: dict[str, Any]) -> str | None:
	only(given, "WebhookSubscriptionInput", *_INPUT)
	if given.get("format") == "XML":
		raise NotImplementedHere("webhooks as XML")
	if given.get("uri") and given.get("callbackUrl"):
		raise refuse("Only one of uri and callbackUrl can be given", "webhookSubscription", "uri")
	return given.get("uri") or given.get("callbackUrl")


def _create(call: Call, _root: Any, topic: str, webhookSubscription: dict[str, Any]) -> dict[str, Any]:
	if topic not in TOPICS:
		raise NotImplementedHere(f"the topic {topic}")
	uri = _uri(webhookSubscription)
	if not uri:
		raise refuse("Address can't be blank", "webhookSubscription", "uri")
	name, fields = webhookSubscription.get("name") or "", webhookSubscription.get("includeFields") or ()
	made = call.shop.subscriptions.create(
		TOPICS[topic],
		uri,
		fields,
		webhookSubscription.get("filter") or "",
		name=name,
	)
	return {"webhookSubscription": made}


def _update(call: Call, _root: Any, id: str, webhookSubscription: dict[str, Any]) -> dict[str, Any]:
	found = call.shop.subscriptions.get(number(id, "WebhookSubscription"))
	uri, fields, name = _uri(webhookSubscription), webhookSubscription.get("includeFields"), webhookSubscription.get("name")
	given = webhookSubscription.get("filter")
	call.shop.subscriptions.update(found.id, uri=uri, include_fields=fields, filter=given, name=name)
	return {"webhookSubscription": found}


def _delete(call: Call, _root: Any, id: str) -> dict[str, Any]:
	call.shop.subscriptions.delete(number(id, "WebhookSubscription"))
	return {"deletedWebhookSubscriptionId": id}


mutation("webhookSubscriptionCreate", _create, "webhookSubscription")
mutation("webhookSubscriptionUpdate", _update, "webhookSubscription")
mutation("webhookSubscriptionDelete", _delete, "deletedWebhookSubscriptionId")
