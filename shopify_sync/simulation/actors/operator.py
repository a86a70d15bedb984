"""The operator of the sync: presses buttons at bad moments, closes gaps in the mapping late, pauses a store, holds
a part of it for a while, rotates a secret.
"""

from __future__ import annotations

from shopify_sync.core import keys
from shopify_sync.core.holds import Scope
from shopify_sync.core.operations import Refused
from shopify_sync.core.statuses import Status

from .. import shops
from ..stage import Held, Stage
from ..story import Intent

_WAITING = (Status.BLOCKED, Status.HELD, Status.CONFLICT, Status.DEAD_LETTER, Status.RETRYING)


def _pick(stage: Stage, intent: Intent, statuses: tuple[Status, ...]) -> str | None:
	found = stage.target.events_in(stage.store(intent).name, statuses)
	return stage.dice.pick(found, intent.number, "event") if found else None


def retry(stage: Stage, intent: Intent) -> str:
	"""Press Retry on something that waits; where nothing does, on anything at all."""
	event = _pick(stage, intent, _WAITING) or _pick(stage, intent, tuple(Status))
	if event is None:
		return "there is nothing to retry"
	stage.target.retry(event)
	return event


def double_retry(stage: Stage, intent: Intent) -> str:
	"""Press Retry twice: a double click, or two operators at once."""
	event = _pick(stage, intent, _WAITING)
	if event is None:
		return "there is nothing to retry"
	stage.target.retry(event)
	try:
		stage.target.retry(event)
	except Refused:
		return f"{event}, and once more: refused"
	return f"{event}, twice"


def replay(stage: Stage, intent: Intent) -> str:
	"""Run an event through the engine again, whatever became of it."""
	event = _pick(stage, intent, tuple(Status))
	if event is None:
		return "there is nothing to replay"
	stage.target.replay(event)
	return event


def replay_all(stage: Stage, intent: Intent) -> str:
	"""Run everything through the engine again."""
	done = 0
	for event in stage.target.events_in(stage.store(intent).name, tuple(Status)):
		try:
			stage.target.replay(event)
			done += 1
		except Refused:
			continue
	return f"{done} events"


def discard(stage: Stage, intent: Intent) -> str:
	"""Put something away for good."""
	event = _pick(stage, intent, (*_WAITING, Status.RECEIVED))
	if event is None:
		return "there is nothing to discard"
	stage.target.discard(event)
	return event


def pause(stage: Stage, intent: Intent) -> str:
	"""Pause the store: what comes in is held."""
	stage.target.save_settings(stage.store(intent).name, mode="Paused")
	return "paused"


def shadow(stage: Stage, intent: Intent) -> str:
	"""Let the store only say what it would do."""
	stage.target.save_settings(stage.store(intent).name, mode="Shadow")
	return "shadow"


def go_live(stage: Stage, intent: Intent) -> str:
	"""Let the store work again."""
	stage.target.save_settings(stage.store(intent).name, mode="Live")
	return "live"


def hold(stage: Stage, intent: Intent) -> str:
	"""Hold a flow, a topic, or the resource that changed last: its events wait."""
	store, scope, what = stage.store(intent).name, str(intent.args["scope"]), _to_hold(stage, intent)
	if what is None:
		return "there is nothing to hold"
	if any((one.store, one.scope, one.what, one.until) == (store, scope, what, None) for one in stage.deeds.held.values()):
		return f"{what} is held already"
	held = stage.deeds.held[intent.number] = Held(store, scope, what)
	try:
		stage.target.hold(store, scope, what)
	except Refused:
		del stage.deeds.held[intent.number]
		raise
	finally:
		# Whoever is killed over it has saved it, or does so when it is back.
		held.since = stage.target.now()
	return what


def _to_hold(stage: Stage, intent: Intent) -> str | None:
	shop, what = stage.shop(intent), str(intent.args["what"])
	if intent.args["scope"] != Scope.RESOURCE:
		return what
	changed = {
		keys.ORDER: {id: order.updated_at for id, order in shop.orders.all.items()},
		keys.CUSTOMER: {id: customer.updated_at for id, customer in shop.customers.all.items()},
		keys.INVENTORY_LEVEL: {
			f"{item}-{place}": level.updated_at for (item, place), level in shop.inventory.levels.items() if level.updated_at
		},
	}[what]
	return keys.key(stage.store(intent).name, what, max(changed, key=changed.__getitem__)) if changed else None


def release(stage: Stage, intent: Intent) -> str:
	"""Release what was held."""
	held = stage.deeds.held.get(intent.of) if intent.of is not None else None
	if held is None or held.until:
		return "it is not held"
	_release(stage, held)
	return held.what


def release_all(stage: Stage) -> None:
	"""Release whatever is still held."""
	for held in stage.deeds.held.values():
		if held.until is None:
			_release(stage, held)


def _release(stage: Stage, held: Held) -> None:
	held.until = stage.target.now()
	stage.target.release(held.store, held.scope, held.what)


def rotate_secret(stage: Stage, intent: Intent) -> str:
	"""Rotate the client secret: Shopify signs with the old or the new one for an hour, the host knows both."""
	shop, new = stage.shop(intent), f"hush-{stage.store(intent).name}-{intent.number}"
	old = shop.secret
	stage.target.save_settings(stage.store(intent).name, client_secret=new, previous_client_secret=old)
	shop.rotate_secret(new)
	return "rotated"


def rotate_secret_unannounced(stage: Stage, intent: Intent) -> str:
	"""Rotate the client secret and tell the host nothing: until somebody enters it, what is signed with it is refused."""
	stage.shop(intent).rotate_secret(f"hush-{stage.store(intent).name}-{intent.number}")
	return "rotated, and the host does not know"


def enter_secret(stage: Stage, intent: Intent) -> str:
	"""Enter the secret that the shop has now, and keep the old one."""
	store, shop = stage.store(intent).name, stage.shop(intent)
	known = stage.target.settings(store)["client_secret"]
	if known == shop.secret:
		return "it is known already"
	stage.target.save_settings(store, client_secret=shop.secret, previous_client_secret=known)
	return "entered"


def close_gap(stage: Stage, intent: Intent) -> str:
	"""Add what the mapping lacks."""
	close(stage, intent.store, intent.args["gap"])
	return str(intent.args["gap"])


def close(stage: Stage, index: int, gap: str) -> None:
	"""Close one gap of a store."""
	store, shop, target = stage.story.stores[index], stage.shops[index], stage.target
	if gap == "tax":
		target.save_settings(store.name, tax_rules=shops.tax_rows())
	elif gap == "shipping":
		target.save_settings(store.name, shipping_rules=shops.shipping_rows(express=True))
	elif gap == "location":
		target.save_settings(store.name, locations=shops.location_rows(store, shop))
	elif gap == "gateway":
		target.save_settings(store.name, gateway_rules=shops.gateway_rows())
	elif gap == "item":
		target.add_item(shops.new_item(store))
		map_inventory_item(stage, index, shops.new_item(store))
	else:
		map_inventory_item(stage, index, shops.ITEMS[0])
	stage.deeds.closed_gaps.add((index, gap))


def map_inventory_item(stage: Stage, index: int, item: str) -> None:
	"""Point the link of an Item's inventory item at it."""
	shop = stage.shops[index]
	for variant in shop.products.variants.values():
		if variant.sku == item:
			stage.target.map_item(stage.story.stores[index].name, keys.INVENTORY_ITEM, variant.inventory_item_id, item)
