"""Holds and Refetch on a site: what is held waits, a release races with workers, what is read again goes the way of a webhook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import frappe

from shopify_sync.api import command_center, connection, operations, reconciliation
from shopify_sync.core import keys
from shopify_sync.core.engine import Engine
from shopify_sync.core.operations import Refused
from shopify_sync.core.reconciliation.ports import Page, Window
from shopify_sync.core.reconciliation.schedule import Depth
from shopify_sync.erpnext_host import policies
from shopify_sync.erpnext_host.host import FrappeHost
from shopify_sync.erpnext_host.operations import events, holds, record, refetch, running, targets
from shopify_sync.erpnext_host.reconciliation import running as comparisons
from shopify_sync.erpnext_host.reconciliation import runs

from . import operated, site
from .case import SyncTestCase
from .operated import MANAGER, OPERATOR, plant, start


class HoldCase(SyncTestCase):
	STORE = "test-holds"

	def setUp(self) -> None:
		super().setUp()
		operated.forgotten(self)

	def deliver(self, payload: dict[str, Any], topic: str = "orders/create") -> str:
		name = frappe.generate_hash(length=20)
		self.assertEqual(site.deliver(payload, topic, webhook_id=name, store=self.STORE).status, 200)
		return name

	def acting_as(self, role: str) -> str:
		user = operated.person(role)
		frappe.set_user(user)
		self.addCleanup(frappe.set_user, "Administrator")
		return user


class TestHolds(HoldCase):
	def test_hold_and_release_are_on_record_and_name_who(self) -> None:
		user = self.acting_as(MANAGER)
		start("Hold", {"store": self.STORE, "flow": "Orders"}, "Stock take.")
		with self.assertRaisesRegex(frappe.ValidationError, f"{user} holds it already"):
			start("Hold", {"store": self.STORE, "flow": "Orders"}, "Me too.")
		frappe.set_user("Administrator")
		event = self.carry_out(self.order())
		self.assertEqual((event.status, event.attempts), ("Held", 0))
		self.assertEqual(event.message, f"The flow Orders is held by {user}: Stock take. It goes on when it is released.")
		self.acting_as(MANAGER)
		hold = frappe.get_value("Sync Hold", {"store": self.STORE, "active_key": ("is", "set")})
		prepared = operations.prepare("Release", {"hold": hold})
		self.assertEqual((prepared["count"], prepared["will"]), (1, 1))
		done = start("Release", {"hold": hold})
		self.assertEqual((done["status"], done["changed"]), ("Completed", 1), done)
		doc = frappe.get_doc("Sync Hold", hold)
		self.assertEqual((doc.released_by, doc.active_key), (user, None))
		self.assertIsNotNone(doc.released_at)
		with self.assertRaisesRegex(frappe.ValidationError, "not held, or was released"):
			start("Release", {"hold": hold})
		frappe.set_user("Administrator")
		site.drain()
		self.assertEqual(site.event(event.name).status, "Applied", site.event(event.name).message)
		self.assertEqual(
			frappe.get_all("Sync Operation", {"store": self.STORE}, pluck="action", order_by="creation"), ["Hold", "Release"]
		)

	def test_a_release_that_meets_a_worker_leaves_nothing_held(self) -> None:
		"""The worker has read the hold, and is about to write Held, when somebody releases it."""
		start("Hold", {"store": self.STORE, "topic": "orders/create"}, "A flood.")
		name = self.deliver(self.order())
		released: list[str] = []

		def release_now(step: str) -> None:
			if step == "claimed" and not released:
				released.append(step)
				policy = policies.policy(self.STORE)
				self.assertTrue(policy.holds)
				frappe.db.rollback()
				start("Release", {"store": self.STORE, "topic": "orders/create"})
				host.policy = lambda store: policy  # type: ignore[method-assign]

		host = FrappeHost()
		Engine(host, release_now).run_one()
		self.assertEqual(site.event(name).status, "Retrying", "it looks again, instead of beginning to wait")
		site.drain()
		self.assertEqual(site.event(name).status, "Applied", site.event(name).message)

	def test_a_release_counts_at_once_though_many_wait(self) -> None:
		start("Hold", {"store": self.STORE, "flow": "Orders"}, "Stock take.")
		plant(self.STORE, 30, status="Held", category=None, missing=None, cause=None)
		done = start("Release", {"store": self.STORE, "flow": "Orders"})
		self.assertEqual((done["status"], done["total"]), ("Queued", 30))
		self.assertFalse(policies.policy(self.STORE).holds)
		running.carry_on(done["operation"], paced=False)
		self.assertEqual(operated.statuses(self.STORE), {"Received": 30})

	def test_who_dies_before_the_release_was_written_leaves_it_to_be_carried_on(self) -> None:
		target = {"store": self.STORE, "flow": "Orders"}
		start("Hold", target, "Stock take.")
		plant(self.STORE, 30, status="Held", category=None, missing=None, cause=None)
		operation = record.begin("Release", self.STORE, target, "orders", total=30)  # and here the process ends
		self.assertTrue(policies.policy(self.STORE).holds)

		def lose_the_database(step: str) -> None:
			if step == "released":
				raise frappe.QueryTimeoutError

		with self.assertRaises(frappe.QueryTimeoutError):
			running.carry_on(operation, probe=lose_the_database, paced=False)
		self.assertEqual(operations.get(operation)["status"], "Running")
		running.carry_on(operation, paced=False)
		self.assertEqual((operations.get(operation)["status"], operated.statuses(self.STORE)), ("Completed", {"Received": 30}))
		self.assertFalse(policies.policy(self.STORE).holds)

	def test_what_came_before_the_release_was_written_is_put_back_too(self) -> None:
		"""The process ends after the release is on record; what comes until another one writes it is held as well."""
		target = {"store": self.STORE, "flow": "Orders"}
		start("Hold", target, "Stock take.")
		operation = record.begin("Release", self.STORE, target, "orders")
		event = self.carry_out(self.order())
		self.assertEqual(event.status, "Held")
		running.carry_on(operation, paced=False)
		self.assertEqual((operations.get(operation)["changed"], site.event(event.name).status), (1, "Received"))

	def test_who_holds_it_again_is_not_overruled_by_a_release_that_is_still_carried_out(self) -> None:
		target = {"store": self.STORE, "flow": "Orders"}
		start("Hold", target, "Stock take.")
		plant(self.STORE, 30, status="Held", category=None, missing=None, cause=None)
		release = start("Release", target)
		self.assertEqual(release["status"], "Queued")
		start("Hold", target, "It goes wrong.")
		running.carry_on(release["operation"], paced=False)
		self.assertEqual(operations.get(release["operation"])["changed"], 30)
		self.assertTrue(policies.policy(self.STORE).holds, "the second hold was made after the release was asked for")

	def test_a_hold_is_released_and_not_deleted_from_under_what_waits(self) -> None:
		start("Hold", {"store": self.STORE, "topic": "orders/create"}, "A flood.")
		hold = frappe.get_value("Sync Hold", {"store": self.STORE})
		with self.assertRaisesRegex(frappe.ValidationError, "Release it first"):
			frappe.delete_doc("Sync Hold", hold)
		start("Release", {"hold": hold})
		frappe.delete_doc("Sync Hold", hold)

	def test_a_store_of_the_same_name_is_not_held_from_the_start(self) -> None:
		start("Hold", {"store": self.STORE, "topic": "orders/create"}, "A flood.")
		frappe.delete_doc("Shopify Store", self.STORE, ignore_permissions=True)
		site.make_store(self.STORE)
		self.assertFalse(policies.policy(self.STORE).holds)

	def test_only_what_is_held_there_is_put_back(self) -> None:
		order = self.book(self.order())
		link = order.shopify_key
		start("Hold", {"link": link}, "Asked the customer.")
		other = plant(self.STORE, 2, status="Held", category=None, missing=None, cause=None)
		part = plant(self.STORE, 1, status="Held", category=None, resource_type="order_transaction", part_of=link)
		done = start("Release", {"link": link})
		self.assertEqual((done["total"], done["changed"]), (1, 1))
		self.assertEqual(site.event(part[0]).status, "Received")
		self.assertEqual({site.event(name).status for name in other}, {"Held"})

	def test_what_cannot_be_held(self) -> None:
		for target, words in (
			({"store": self.STORE}, "pause it"),
			({"link": f"{self.STORE}/order/404"}, "no Shopify Link"),
			({"store": "no-such-store", "flow": "Orders"}, "no store"),
			({"hold": "HOLD-0"}, "Choose a flow"),
		):
			with self.assertRaisesRegex(frappe.ValidationError, words):
				start("Hold", target, "Because.")
		with self.assertRaisesRegex(Refused, "no such hold"):
			holds.whole(targets.Target(hold="HOLD-0"))


class _Shop:
	"""Has what a test says a shop has."""

	def __init__(self, has: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
		self._has = has
		self.asked: list[tuple[str, tuple[str, ...]]] = []

	def page(self, resource: str, window: Window, cursor: str | None) -> Page:
		self.asked.append((resource, window.ids))
		found: Sequence[Mapping[str, Any]] = [self._has[resource, id] for id in window.ids if (resource, id) in self._has]
		return Page(found)


class TestRefetch(HoldCase):
	def refetch(self, names: list[str], shop: _Shop) -> dict[str, Any]:
		where = {"events": names}
		name = record.begin("Refetch", self.STORE, where, "some", total=len(names))
		acts = refetch.Refetching(lambda store: shop, check=lambda store: None)  # type: ignore[arg-type, return-value]
		events.carry_on(name, acts, paced=False)
		return operations.get(name)

	def test_what_shopify_has_now_is_carried_out_once(self) -> None:
		payload = self.order()
		event = self.carry_out(payload)
		newer = {**payload, "updated_at": "2026-11-25T10:00:00-04:00", "note": "Ring twice"}
		gone = plant(self.STORE, 1)[0]
		told = plant(self.STORE, 1, resource_type="customer_merge", topic="customers/merge")[0]
		shop = _Shop({(keys.ORDER, str(payload["id"])): newer})
		done = self.refetch([event.name, gone, told], shop)
		self.assertEqual((done["status"], done["changed"], done["refused"]), ("Completed", 1, 2), done)
		self.assertEqual(sorted(done["refusals"].values()), [1, 1])
		self.assertTrue(any("no such record" in why for why in done["refusals"]))
		self.assertTrue(any("Replay it instead" in why for why in done["refusals"]))
		read = frappe.get_all("Sync Event", {"store": self.STORE, "source": "Replay"}, ["name", "link", "status"])
		self.assertEqual([(row.link, row.status) for row in read], [(event.link, "Received")])
		site.drain()
		self.assertIn(site.event(read[0].name).status, ("Applied", "No Change"), site.event(read[0].name).message)
		# The same operation once more, as after a worker that died behind its reading: no second event.
		refetch.Refetching(lambda store: shop, check=lambda store: None)(record.load(done["operation"]), [event.name])()  # type: ignore[arg-type, return-value]
		self.assertEqual(frappe.db.count("Sync Event", {"store": self.STORE, "source": "Replay"}), 1)

	def test_what_cannot_be_read_is_counted_before_as_it_is_left_after(self) -> None:
		told = plant(self.STORE, 2, resource_type="customer_merge", topic="customers/merge")
		alone = plant(self.STORE, 1, resource_type=keys.ORDER_TRANSACTION, topic="order_transactions/create")
		part = plant(
			self.STORE,
			1,
			resource_type=keys.ORDER_TRANSACTION,
			topic="order_transactions/create",
			part_of=f"{self.STORE}/order/7",
		)
		names = [*told, *alone, *part, *plant(self.STORE, 1, resource_type=None, status="Ignored")]
		prepared = operations.prepare("Refetch", {"events": names})
		self.assertEqual((prepared["count"], prepared["will"], sorted(prepared["refused"].values())), (5, 1, [1, 3]))
		done = self.refetch(names, _Shop({(keys.ORDER, "7"): {**self.order(), "id": 7}}))
		self.assertEqual((done["changed"], done["refused"]), (1, 4))

	def test_what_goes_out_is_marked_to_be_looked_at(self) -> None:
		push = plant(
			self.STORE, 1, direction="Outbound", source="ERPNext", topic="inventorySetQuantities", resource_type=keys.INVENTORY_PUSH,
			status="Applied", category=None, document_type="Item", document_name="TEE-M",
		)[0]  # fmt: skip
		done = self.refetch([push], _Shop({}))
		self.assertEqual((done["changed"], done["refused"]), (1, 0))
		marked = frappe.get_all("Sync Event", {"store": self.STORE, "status": "Received"}, ["link", "payload", "direction"])
		self.assertEqual(marked, [{"link": site.event(push).link, "payload": '{"look":true}', "direction": "Outbound"}])

	def test_a_store_that_cannot_be_read_now_is_read_later(self) -> None:
		name = plant(self.STORE, 1)[0]
		done = start("Refetch", {"events": [name]})
		self.assertEqual(done["status"], "Running")
		self.assertIn("Nothing can be read from Shopify now", done["message"])
		self.assertEqual(operations.stop(done["operation"])["status"], "Stopped")


class TestEveryActionLeavesAnEntry(HoldCase):
	def actions(self) -> list[str]:
		frappe.db.commit()
		return frappe.get_all("Sync Operation", {"store": self.STORE}, pluck="action", order_by="creation, name")

	def test_the_buttons_of_the_forms(self) -> None:
		names = plant(self.STORE, 2)
		user = self.acting_as(OPERATOR)
		command_center.retry(event=names[0])
		command_center.discard(names[1], "A test.")
		connection.reset_circuit(self.STORE)
		for act in (lambda: command_center.discard(names[1], "Again."), lambda: command_center.retry(event=names[0])):
			with self.assertRaises(frappe.ValidationError):
				act()
		self.assertEqual(self.actions(), ["Retry", "Discard", "Reset Circuit", "Discard", "Retry"])
		self.assertEqual(set(frappe.get_all("Sync Operation", {"store": self.STORE}, pluck="user")), {user})

	def test_a_finished_event_is_replayed_by_its_button(self) -> None:
		event = self.carry_out(self.order())
		command_center.retry(event=event.name)
		self.assertEqual(self.actions(), ["Replay"])

	def test_a_conflict(self) -> None:
		with self.assertRaisesRegex(frappe.ValidationError, "Choose one of"):
			start("Resolve Conflict", {"conflict": "x"}, resolution="Toss a coin")
		with self.assertRaisesRegex(frappe.ValidationError, "no Sync Conflict"):
			command_center.resolve_conflict("x", "Take Shopify's")
		both = start("Resolve Conflict", {"conflicts": ["x", "y"]}, resolution="Take Shopify's")
		self.assertEqual(
			(both["changed"], both["refused"], both["message"].split(";")[0]), (0, 2, "0 of 2 conflicts are decided")
		)

	def test_a_comparison_that_is_stopped(self) -> None:
		run = runs.begin(comparisons.wanted_by("Administrator", self.STORE, Depth.LIGHT))
		frappe.db.commit()
		self.addCleanup(lambda: (frappe.db.delete(runs.DOCTYPE, {"store": self.STORE}), frappe.db.commit()))
		reconciliation.stop(run)
		self.assertEqual(self.actions(), ["Stop"])
		self.assertEqual(frappe.db.get_value(runs.DOCTYPE, run, "status"), "Stopped")
