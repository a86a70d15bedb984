"""What the command center shows: groups by cause, pages of events, filters that are data, and what each user may see."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe.utils.background_jobs import get_redis_connection_without_auth
from frappe.utils.redis_wrapper import RedisWrapper

from shopify_sync.api import command_center
from shopify_sync.core.failures import Category
from shopify_sync.core.statuses import Status
from shopify_sync.erpnext_host import live
from shopify_sync.erpnext_host.command_center import asking, filters

from . import looked, site
from .case import SyncTestCase
from .server import NOBODY

LOOKING = (
	lambda: command_center.overview(),
	lambda: command_center.groups(),
	lambda: command_center.events(),
	lambda: command_center.views(),
	lambda: command_center.save_view("x", {}),
	lambda: command_center.delete_view("x"),
)


class LookingCase(SyncTestCase):
	def acting_as(self, role: str | None, store: str | None = None) -> None:
		frappe.set_user(looked.user(role, store))
		self.addCleanup(frappe.set_user, "Administrator")

	def of_store(self, **more: Any) -> dict[str, Any]:
		return {"store": self.STORE, **more}

	def names(self, **filter: Any) -> list[str]:
		return [event["name"] for event in command_center.events(self.of_store(**filter), limit=200)["events"]]


class TestGroups(LookingCase):
	def test_what_failed_of_the_same_is_one_line(self) -> None:
		missing = looked.events(self.STORE, 7, category="Missing item", missing="item:TEE-X", message="SKU TEE-X is missing")
		looked.events(self.STORE, 3, status="Dead Letter", category="Missing item", missing="item:TEE-X", hours_ago=30, first=50)
		looked.events(self.STORE, 2, status="Dead Letter", category="Totals mismatch", message="Order #1: 10.00 is not 9.99.")
		looked.events(self.STORE, 2, status="Dead Letter", category="Totals mismatch", message="Order #2: 20.00 is not 1.00.")
		looked.events(self.STORE, 5, status="Applied")
		answer = command_center.groups(self.of_store())
		self.assertEqual((answer["total_groups"], answer["total_events"], answer["more"]), (2, 14, False))
		first, second = answer["groups"]
		self.assertEqual((first["count"], first["by_status"]), (10, {"Blocked": 7, "Dead Letter": 3}))
		self.assertEqual((first["category"], first["cause"], first["missing"]), ("Missing item", "item:TEE-X", "item:TEE-X"))
		self.assertEqual(first["title"], "SKU TEE-X has no usable Item")
		self.assertEqual((first["safe"], first["retry"], first["fix"]["kind"]), ("fix", "after fix", "item"))
		self.assertEqual(first["orders"], ["#7", "#6", "#5", "#4", "#3"])
		self.assertEqual(first["sample_event"], missing[-1])
		self.assertEqual((sum(first["trend"]), len(first["trend"]), first["trend"][22]), (7, 24, 7))
		self.assertLess(first["first_seen"], first["last_seen"])
		self.assertEqual((second["count"], second["safe"]), (4, "fix"))
		self.assertTrue(first["explanation"] and first["check"] and first["what_to_do"] and first["call"])

	def test_pages_and_orders(self) -> None:
		for number in range(5):
			looked.events(self.STORE, 5 - number, hours_ago=number + 1, category="Missing item", missing=f"item:P{number}")
		first = command_center.groups(self.of_store(), limit=2)
		self.assertEqual(([row["count"] for row in first["groups"]], first["more"], first["total_groups"]), ([5, 4], True, 5))
		rest = command_center.groups(self.of_store(), start=2, limit=200)
		self.assertEqual(([row["count"] for row in rest["groups"]], rest["more"]), ([3, 2, 1], False))
		oldest = command_center.groups(self.of_store(), order="first_seen")["groups"]
		self.assertEqual([row["missing"] for row in oldest], [f"item:P{number}" for number in (4, 3, 2, 1, 0)])
		newest = command_center.groups(self.of_store(), order="last_seen")["groups"]
		self.assertEqual([row["missing"] for row in newest], [f"item:P{number}" for number in range(5)])
		with self.assertRaisesRegex(frappe.ValidationError, "Groups are sorted by"):
			command_center.groups(order="name; DROP TABLE x")

	def test_others_are_shown_when_they_are_asked_for(self) -> None:
		soon, later = frappe.utils.add_to_date(None, minutes=3), frappe.utils.add_to_date(None, minutes=9)
		for at in (soon, later):
			looked.events(self.STORE, 1, status="Retrying", category="Network", message="It timed out.", next_try_at=at)
		looked.events(self.STORE, 2, status="Held", message="The store is paused.")
		self.assertEqual(command_center.groups(self.of_store())["groups"], [])
		held, retrying = command_center.groups(self.of_store(status=["Retrying", "Held"]))["groups"]
		if held["by_status"] != {"Held": 2}:
			held, retrying = retrying, held
		self.assertEqual((held["title"], held["category"], held["safe"]), ("The store is paused.", "", "retry"))
		self.assertEqual(str(retrying["next_try_at"])[:19], str(soon)[:19])
		again = command_center.groups(self.of_store(category="", status="Held"))["groups"]
		self.assertEqual([row["cause"] for row in again], [held["cause"]])

	def test_the_events_of_a_group_are_those_that_it_counts(self) -> None:
		names = looked.events(self.STORE, 4, category="Missing item", missing="item:TEE-X")
		looked.events(self.STORE, 1, status="Discarded", category="Missing item", missing="item:TEE-X")
		looked.events(self.STORE, 1, status="Applied", category=None, missing="item:TEE-X")
		group = command_center.groups(self.of_store())["groups"][0]
		given = {name: group[name] for name in ("store", "category", "cause")}
		self.assertEqual(self.names(**given), names[::-1])
		event = frappe.qb.DocType("Sync Event")
		acted_on = frappe.qb.from_(event).select(event.name).where(filters.where(given)).run(pluck=True)
		self.assertEqual(sorted(acted_on), sorted(names), "what is acted on is what is shown")

	def test_several_groups_are_one_filter(self) -> None:
		names = [looked.events(self.STORE, 2, category="Missing item", missing=f"item:P{number}") for number in range(3)]
		looked.events(self.STORE, 1, status="Retrying", category="Missing item", missing="item:P0")
		held = looked.events(self.STORE, 1, status="Held", message="It is paused.")
		shown = command_center.groups(self.of_store())["groups"]
		chosen = [{name: row[name] for name in ("store", "category", "cause")} for row in shown if row["cause"] != "item:P1"]
		self.assertEqual(set(self.names(groups=chosen)), {*names[0], *names[2]})
		chosen.append({"store": self.STORE, "cause": "It is paused."})
		self.assertEqual(set(self.names(groups=chosen, status=["Held", "Blocked"])), {*names[0], *names[2], *held})
		self.assertEqual(command_center.events({"groups": [{**chosen[0], "store": "other"}]})["events"], [])

	def test_every_category_can_be_shown(self) -> None:
		for number, category in enumerate(Category):
			looked.events(self.STORE, 1, category=str(category), message=f"It is {category}.", first=number + 1)
		rows = command_center.groups(self.of_store(), limit=200)["groups"]
		self.assertEqual({row["category"] for row in rows}, {str(category) for category in Category})
		for row in rows:
			self.assertTrue(row["title"] and row["explanation"] and row["what_to_do"] and row["call"], row)
			self.assertIn(row["safe"], ("retry", "fix", "never"))
			if row["fix"]:
				self.assertEqual(row["fix"]["kind"], "open")
				frappe.get_meta(row["fix"]["route"][1])


class TestEvents(LookingCase):
	def test_pages_follow_each_other_without_a_gap(self) -> None:
		names = looked.events(self.STORE, 25)
		# Three in the same second: the name decides.
		names += looked.events(self.STORE, 1, hours_ago=2, first=90)
		for order, expected in (("received_at desc", 26), ("received_at asc", 26)):
			seen: list[str] = []
			after = None
			while True:
				page = command_center.events(self.of_store(), after, 7, order)
				seen += [event["name"] for event in page["events"]]
				after = page["after"]
				if not after:
					break
			self.assertEqual((len(seen), set(seen)), (expected, set(names)))
			self.assertEqual((page["count"], page["count_is_exact"]), (26, True))

	def test_what_came_in_the_same_moment_is_not_lost_between_pages(self) -> None:
		names = looked.events(self.STORE, 9)
		frappe.db.sql("UPDATE `tabSync Event` SET received_at = '2026-11-01 10:00:00' WHERE name IN %s", (tuple(names),))
		frappe.db.commit()
		first = command_center.events(self.of_store(), None, 4)
		second = command_center.events(self.of_store(), first["after"], 200)
		self.assertEqual(sorted(event["name"] for event in (*first["events"], *second["events"])), sorted(names))

	def test_what_is_tried_next_comes_first(self) -> None:
		times = [frappe.utils.add_to_date(None, minutes=minutes) for minutes in (9, 3, 6)]
		names = [looked.events(self.STORE, 1, status="Retrying", category="Network", next_try_at=at)[0] for at in times]
		looked.events(self.STORE, 1)
		page = command_center.events(self.of_store(), order="next_try_at")
		self.assertEqual([event["name"] for event in page["events"]], [names[1], names[2], names[0]])

	def test_a_cursor_of_somebody_else_is_refused(self) -> None:
		for after in ("x", "[]", '["now", "x"]', '["2026-01-01", 7]', json.dumps(["2026-01-01", "x" * 200]), '{"a": 1}'):
			with self.assertRaisesRegex(frappe.ValidationError, "Begin with the first one"):
				command_center.events(self.of_store(), after)

	def test_each_filter(self) -> None:
		one = looked.events(
			self.STORE, 1, category="Missing item", missing="item:A", topic="orders/paid", attempts=5, first=1, hours_ago=5,
			payload='{"note": "50% off_A\\\\ today"}',
		)  # fmt: skip
		two = looked.events(self.STORE, 1, status="Applied", first=2, hours_ago=50, payload='{"note": "500 offXA"}')
		three = looked.events(
			self.STORE, 1, status="Conflict", resource_type="inventory_push", direction="Outbound", first=3, order_name="TEE-M",
			link=f"{self.STORE}/inventory_push/3-4",
		)  # fmt: skip
		since = frappe.utils.add_to_date(None, hours=-10)
		cases: list[tuple[dict[str, Any], list[str]]] = [
			({"category": "Missing item"}, one),
			({"category": ""}, three + two),
			({"cause": "item:A"}, one),
			({"status": "Applied"}, two),
			({"status": ["Applied", "Conflict"]}, three + two),
			({"topic": "orders/paid"}, one),
			({"flow": "Orders"}, one + two),
			({"flow": "Inventory"}, three),
			({"resource_type": "inventory_push"}, three),
			({"direction": "Outbound"}, three),
			({"link": f"{self.STORE}/order/1"}, one),
			({"received_from": str(since)}, three + one),
			({"received_to": str(since)}, two),
			({"attempts_min": 5}, one),
			({"events": two + one}, one + two),
			({"text": "50% off_A"}, one),
			({"text": "off_A\\"}, one),
			({"text": "OFF"}, one + two),
			({"text": "%%%"}, []),
			({"flow": "Orders", "status": "Blocked", "text": "today"}, one),
			({"status": "Applied", "category": "Missing item"}, []),
		]
		for given, expected in cases:
			self.assertEqual(self.names(**given), expected, given)

	def test_an_order_is_found_by_any_name_with_all_that_belongs_to_it(self) -> None:
		number = site.fresh_id()
		order = f"{self.STORE}/order/{number}"
		own = looked.events(self.STORE, 2, first=number, link=order, order_name="#A-77", shopify_id=str(number))
		part = looked.events(self.STORE, 1, resource_type="order_transaction", link="x", order_name=None, part_of=order)
		push = looked.events(
			self.STORE, 1, direction="Outbound", resource_type="fulfillment_push", link=f"{self.STORE}/fulfillment_push/{number}"
		)
		looked.events(self.STORE, 2, first=number + 1)
		for text in ("#A-77", "A-77", str(number)):
			self.assertEqual(set(self.names(order=text)), {*own, *part, *push}, text)
		# The name of one order may be digits, too: all that it may mean is shown.
		frappe.db.sql("UPDATE `tabSync Event` SET order_name = '#1077' WHERE name IN %s", (tuple(own),))
		frappe.db.commit()
		self.assertEqual(set(self.names(order="1077")), {*own, *part, *push})
		self.assertEqual(self.names(order="#nobody"), [])

	def test_a_customer_is_found_with_orders_that_failed_before_they_were_booked(self) -> None:
		payload = self.order()
		self.book(payload)
		customer = str(payload["customer"]["id"])
		failed = self.carry_out(self.order(total_price="0.01", current_total_price=None, customer=payload["customer"]))
		self.assertEqual(failed.status, "Dead Letter")
		looked.events(self.STORE, 2, first=3, payload=json.dumps({"customer": {"id": int(customer + "0")}}))
		found = set(self.names(customer=customer))
		orders = {frappe.db.get_value("Sync Event", name, "shopify_id") for name in found}
		self.assertEqual(orders, {str(payload["id"]), failed.shopify_id})
		name = frappe.db.get_value("Sales Order", {"shopify_key": f"{self.STORE}/order/{payload['id']}"}, "customer")
		self.assertEqual(set(self.names(customer=name)), found)
		self.assertEqual(self.names(customer="Nobody at all"), [])

	def test_of_many_payloads_only_the_newest_are_searched_and_it_is_said(self) -> None:
		names = looked.events(self.STORE, 6, payload='{"note": "blue"}')
		most, filters.MOST_PAYLOADS = filters.MOST_PAYLOADS, 4
		self.addCleanup(setattr, filters, "MOST_PAYLOADS", most)
		answer = command_center.events(self.of_store(text="blue"))
		self.assertEqual([event["name"] for event in answer["events"]], names[:1:-1])
		self.assertIn("newest 4 of these events", answer["notes"][0])
		self.assertEqual(command_center.groups(self.of_store(text="blue"))["total_events"], 4)

	def test_of_very_many_events_only_the_newest_are_looked_through_and_it_is_said(self) -> None:
		names = looked.events(self.STORE, 6, topic="orders/paid")
		most, filters.MOST_ROWS = filters.MOST_ROWS, 3
		self.addCleanup(setattr, filters, "MOST_ROWS", most)
		answer = command_center.events(self.of_store(topic="orders/paid"))
		self.assertEqual([event["name"] for event in answer["events"]], names[:1:-1])
		self.assertIn("Only events since", answer["notes"][0])
		self.assertEqual(command_center.events(self.of_store(topic="orders/paid", order="#1"))["notes"], [])
		event = frappe.qb.DocType("Sync Event")
		acted_on = frappe.qb.from_(event).select(event.name).where(filters.where(self.of_store(topic="orders/paid"))).run()
		self.assertEqual(len(acted_on), 6, "what is acted on is never cut short")


class TestFiltersAreData(LookingCase):
	def test_what_is_no_filter_is_refused_with_a_clear_word(self) -> None:
		bad: list[tuple[Any, str]] = [
			({"name": "x"}, "name: there is no such filter"),
			({"store": {"like": "%"}}, "store"),
			({"store": ["!=", "x"]}, "store"),
			({"store": ""}, "store"),
			({"status": "Anything"}, "status"),
			({"status": []}, "status"),
			({"status": [["in", "Applied"]]}, "status"),
			({"status": ["Applied"] * 100}, "status"),
			({"category": "Missing"}, "category"),
			({"cause": 7}, "cause"),
			({"groups": [{"store": "x"}]}, "groups"),
			({"groups": [{"store": "x", "cause": "y", "z": 1}]}, "groups"),
			({"groups": [{"store": "x", "cause": "y"}] * 201}, "groups"),
			({"flow": "sync_orders"}, "flow"),
			({"text": "ab"}, "text"),
			({"text": "x" * 1000}, "text"),
			({"received_from": "yesterday"}, "received_from"),
			({"received_from": 5}, "received_from"),
			({"received_from": "2026-01-01T00:00:00Z"}, "without a zone"),
			({"attempts_min": -1}, "attempts_min"),
			({"attempts_min": "1 OR 1=1"}, "attempts_min"),
			({"events": ["x"] * 2000}, "events"),
			({"events": [{"a": 1}]}, "events"),
			({"1=1; --": "x"}, "1=1; --: there is no such filter"),
			("[1]", "a dict"),
			("{", "not JSON"),
			("7", "a dict"),
		]
		for given, words in bad:
			for ask in (command_center.groups, command_center.events):
				with self.assertRaisesRegex(frappe.ValidationError, words):
					ask(given)
			with self.assertRaises(filters.BadFilter):
				filters.where(given)

	def test_a_value_is_never_a_part_of_the_query(self) -> None:
		looked.events(self.STORE, 3)
		for text in (
			"' OR 1=1 -- ",
			'" OR ""="',
			"\\' OR 1=1 #",
			"%s %(x)s",
			"`store`",
			"x'; DROP TABLE `tabSync Event`; --",
			"%%",
			"\\",
		):
			for key in ("store", "cause", "topic", "resource_type", "link", "order", "customer"):
				self.assertEqual(command_center.events({key: text})["events"], [], (key, text))
				self.assertEqual(command_center.groups({key: text})["groups"], [])
			if len(text) > 2:
				self.assertEqual(command_center.events({"store": self.STORE, "text": text})["events"], [], text)
		self.assertEqual(len(self.names()), 3)

	def test_a_question_that_takes_too_long_is_ended(self) -> None:
		longest, asking.LONGEST_SECONDS = asking.LONGEST_SECONDS, 1
		self.addCleanup(setattr, asking, "LONGEST_SECONDS", longest)
		with self.assertRaisesRegex(asking.TooMuch, "Narrow the filter"):
			asking.ask("SELECT SLEEP(5) + COUNT(*) FROM `tabDocType`", asking.Values())
		self.assertEqual(frappe.db.sql("SELECT 1"), ((1,),), "the connection goes on")


class TestWhoSeesWhat(LookingCase):
	def test_others_see_nothing(self) -> None:
		for user in ("Guest", looked.user(None)):
			frappe.set_user(user)
			self.addCleanup(frappe.set_user, "Administrator")
			for look in LOOKING:
				with self.assertRaises(frappe.PermissionError):
					look()

	def test_an_auditor_looks_at_everything_and_may_nothing(self) -> None:
		looked.events(self.STORE, 2, category="Missing item", missing="item:TEE-X")
		self.acting_as("Shopify Sync Auditor")
		self.assertEqual(command_center.overview(self.STORE)["can"], {"operate": False, "set_up": False})
		self.assertEqual(command_center.groups(self.of_store())["total_events"], 2)
		self.assertEqual(len(command_center.events(self.of_store())["events"]), 2)
		with self.assertRaises(frappe.PermissionError):
			command_center.fix(self.STORE, "item:TEE-X", {"item": "TEE-M"})
		with self.assertRaises(frappe.PermissionError):
			command_center.save_view("For all", {}, everybody=1)

	def test_a_user_of_one_store_sees_that_one(self) -> None:
		other = "test-other"
		site.make_store(other)
		self.addCleanup(frappe.delete_doc, "Shopify Store", other, force=True)
		self.addCleanup(site.clear_store, other)
		looked.events(other, 3, category="Missing item", missing="item:TEE-X")
		own = looked.events(self.STORE, 2, category="Missing item", missing="item:TEE-X")
		self.acting_as("Shopify Sync Operator", self.STORE)
		self.assertEqual([row["store"] for row in command_center.overview()["stores"]], [self.STORE])
		self.assertEqual(command_center.groups()["total_events"], 2)
		self.assertEqual({event["name"] for event in command_center.events()["events"]}, set(own))
		self.assertEqual(command_center.events({"store": other})["events"], [])
		self.assertEqual(command_center.events({"order": "#1"})["events"][0]["store"], self.STORE)
		with self.assertRaisesRegex(frappe.ValidationError, "no Shopify Store"):
			command_center.overview(other)
		with self.assertRaises(frappe.PermissionError):
			command_center.fix(other, "item:TEE-X", {"item": "TEE-M"})
		frappe.set_user("Administrator")
		event = frappe.qb.DocType("Sync Event")
		found = filters.where({"cause": "item:TEE-X"}, user=looked.user("Shopify Sync Operator", self.STORE))
		acted_on = frappe.qb.from_(event).select(event.name).where(found).run(pluck=True)
		self.assertEqual(set(acted_on), set(own), "work in the background asks for the user who began it")

	def test_the_overview_counts_where_events_stand(self) -> None:
		looked.events(self.STORE, 2)
		looked.events(self.STORE, 3, status="Applied", hours_ago=2)
		looked.events(self.STORE, 4, status="Applied", hours_ago=48)
		frappe.cache.delete_keys("shopify_sync:finished")
		frappe.cache.delete_keys("shopify_sync:health")
		answer = command_center.overview(self.STORE)
		self.assertEqual(answer["totals"], {"Blocked": 2, "Applied": 3})
		self.assertEqual([row["store"] for row in answer["stores"]], [self.STORE])
		self.assertEqual(answer["can"], {"operate": True, "set_up": True})


class TestViews(LookingCase):
	def setUp(self) -> None:
		super().setUp()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.delete, "List Filter", {"reference_doctype": "Sync Event"})

	def titles(self) -> list[tuple[str, bool]]:
		return [(view["title"], view["everybody"]) for view in command_center.views()]

	def test_own_views_and_everybodys(self) -> None:
		self.acting_as("Shopify Sync Manager")
		command_center.save_view("Totals", json.dumps({"category": "Totals mismatch"}), everybody="1")
		command_center.save_view("Mine", {"status": ["Held"], "store": self.STORE})
		self.assertEqual(self.titles(), [("Mine", False), ("Totals", True)])
		self.acting_as("Shopify Sync Auditor")
		self.assertEqual(self.titles(), [("Totals", True)])
		self.assertEqual(command_center.views()[0]["filters"], {"category": "Totals mismatch"})
		with self.assertRaises(frappe.PermissionError):
			command_center.delete_view(command_center.views()[0]["name"])
		made = command_center.save_view("Own", {"order": "#1001"})["name"]
		command_center.save_view("Own", {"order": "#1002"})
		self.assertEqual([view["filters"] for view in command_center.views() if view["title"] == "Own"], [{"order": "#1002"}])
		self.acting_as("Shopify Sync Operator")
		with self.assertRaisesRegex(frappe.ValidationError, "no such view"):
			command_center.delete_view(made)
		self.acting_as("Shopify Sync Auditor")
		command_center.delete_view(made)
		self.assertEqual(self.titles(), [("Totals", True)])

	def test_a_view_holds_a_filter_and_nothing_else(self) -> None:
		with self.assertRaisesRegex(frappe.ValidationError, "no such filter"):
			command_center.save_view("Bad", {"owner": "x"})
		for name in ("", "  ", "x" * 101):
			with self.assertRaisesRegex(frappe.ValidationError, "Give the view a name"):
				command_center.save_view(name, {})
		listed = {
			"doctype": "List Filter",
			"reference_doctype": "Sync Event",
			"filter_name": "List",
			"for_user": "",
			"filters": "[[1]]",
		}
		frappe.get_doc(listed).insert()
		self.assertEqual(command_center.views(), [], "a filter of Frappe's own list is none of ours")


class TestLive(LookingCase):
	"""Open pages are told that something changed: seldom, after the commit, and never at the cost of the work."""

	def setUp(self) -> None:
		super().setUp()
		self.listener = get_redis_connection_without_auth().pubsub(ignore_subscribe_messages=True)
		self.addCleanup(self.listener.close)
		self.listener.subscribe("events")
		self.listener.get_message(timeout=1)
		self.forget()

	def told(self) -> int:
		"""Return how often it was told since the last look, over Redis, where socket.io listens."""
		messages = iter(lambda: self.listener.get_message(timeout=0.1), None)
		found = [json.loads(message["data"]) for message in messages]
		ours = [one for one in found if one["event"] == live.CHANNEL]
		for one in ours:
			self.assertEqual((one["message"], one["room"]), ({"store": self.STORE}, "all"))
		return len(ours)

	def forget(self) -> None:
		live._asked.clear()
		live._untold.clear()
		frappe.cache.delete(frappe.cache.make_key(f"{live.CHANNEL}:{self.STORE}"))

	def test_a_flood_is_told_once_a_second_and_costs_no_statement(self) -> None:
		calls: list[Any] = []
		sql = frappe.db.sql
		self.addCleanup(setattr, frappe.db, "sql", sql)
		frappe.db.sql = lambda *args, **options: calls.append(args) or sql(*args, **options)
		for _change in range(200):
			live.changed(self.STORE)
		live.catch_up()
		self.assertEqual((self.told(), calls), (1, []), "not again before the second is over")
		self.wait()
		live.catch_up()
		live.catch_up()
		self.assertEqual(self.told(), 1, "what changed since is told, once")

	def wait(self) -> None:
		"""Let a second pass, as far as this process and Redis know."""
		live._asked.clear()
		frappe.cache.delete(frappe.cache.make_key(f"{live.CHANNEL}:{self.STORE}"))

	def test_another_process_told_it_a_moment_ago(self) -> None:
		live.changed(self.STORE)
		live._asked.clear()
		live.changed(self.STORE)
		self.assertEqual(self.told(), 1)
		self.wait()
		live.catch_up()
		self.assertEqual(self.told(), 1)

	def test_without_redis_work_goes_on(self) -> None:
		cache, frappe.cache = frappe.cache, RedisWrapper.from_url(NOBODY)
		try:
			live.changed(self.STORE)
		finally:
			frappe.cache = cache
		self.assertEqual(self.told(), 0)

	def test_a_rollback_tells_nothing(self) -> None:
		live.after_commit(self.STORE)
		frappe.db.rollback()
		frappe.db.commit()
		self.assertEqual(self.told(), 0)
		live.after_commit(self.STORE)
		frappe.db.commit()
		self.assertEqual(self.told(), 1)

	def test_a_drain_tells_it(self) -> None:
		self.carry_out(self.order())
		self.assertGreaterEqual(self.told(), 1)
		self.forget()
		frappe.get_doc("Shopify Store", self.STORE).save()
		frappe.db.commit()
		self.assertEqual(self.told(), 1)


class TestNamedCauses(LookingCase):
	def test_failures_from_before_get_their_cause(self) -> None:
		from shopify_sync.erpnext_host.event_log import FrappeEventLog

		names = looked.events(self.STORE, 3, category="Totals mismatch", message="Order #1: 10.00 is not 9.99.")
		done = looked.events(self.STORE, 1, status="Applied")
		frappe.db.sql("UPDATE `tabSync Event` SET cause = NULL WHERE store = %s", (self.STORE,))
		frappe.db.commit()
		self.assertEqual(command_center.groups(self.of_store())["groups"][0]["cause"], "unknown")
		self.assertGreaterEqual(FrappeEventLog().name_causes(), 3)
		self.assertEqual(FrappeEventLog().name_causes(), 0)
		self.assertEqual({site.event(name).cause for name in names}, {"Order …: … is not …."})
		self.assertIsNone(site.event(done[0]).cause)

	def test_an_event_has_a_cause_as_long_as_it_waits(self) -> None:
		event = self.carry_out(self.order(total_price="0.01", current_total_price=None))
		self.assertEqual((event.status, bool(event.cause)), (str(Status.DEAD_LETTER), True))
		command_center.retry(event=event.name)
		self.assertIsNone(site.event(event.name).cause)
		broken = self.carry_out({"id": "x"})
		self.assertTrue(broken.cause, "what fails at receipt has one too")
