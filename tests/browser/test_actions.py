"""Each action by its button, with what came of it in the database, and the entry that it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .centre import centre_of, told_plainly
from .desk import Desk, Profiles
from .harness import Site

OpenDesk = Callable[..., Desk]
#: Events of the group that is acted on as a whole in the background.
MANY = 120
SKU = "NS-LAMP"


@pytest.fixture
def seeded(site: Site, request: pytest.FixtureRequest) -> dict[str, list[str]]:
	"""The kinds of failure that a test names by `@seeds(…)`, in a store made anew."""
	(kinds,) = (mark.args for mark in request.node.iter_markers("seeds"))
	return site.ask("seed", only=list(kinds))


def seeds(*kinds: str) -> pytest.MarkDecorator:
	"""Name what a test begins with."""
	return pytest.mark.seeds(*kinds)


@seeds("totals mismatch", "missing item")
def test_retry_of_a_group_and_of_an_event(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "operator")
	done = centre.act("Retry", "retry-group", centre.group("Totals mismatch").first, reason="Tried once more.")
	assert (done["status"], done["done"], done["changed"], done["reason"]) == ("Completed", 2, 2, "Tried once more.")
	assert done["user"] == site.users["operator"]
	for name in seeded["totals mismatch"]:
		site.until(
			lambda name=name: site.value("Sync Event", name, ["status", "attempts"]), {"status": "Dead Letter", "attempts": 1}
		)
		(entry,) = site.rows("Sync Attempt", {"event": name, "action": "Retry"}, ["user", "reason"])
		assert entry["user"] == site.users["operator"] and "Tried once more." in entry["reason"]
	centre.open_group("Missing item")
	name = seeded["missing item"][0]
	done = centre.act("Retry", "retry-event", centre.open_event(name))
	assert (done["done"], done["changed"]) == (1, 1)
	assert site.count("Sync Attempt", event=name, action="Retry") == 1
	assert site.count("Sync Attempt", event=seeded["missing item"][1], action="Retry") == 0


@seeds("totals mismatch", "invalid payload")
def test_discard_of_a_group_and_of_an_event_needs_a_reason(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "operator")
	centre.press("discard-group", centre.group("Invalid payload").first)
	dialog = centre.dialog("Discard")
	expect(dialog.locator('[data-action="confirm"]')).to_be_enabled()
	dialog.locator('[data-action="confirm"]').click()
	centre.page.wait_for_timeout(700)
	for _message in centre.page.locator(".msgprint:visible").all():
		centre.page.keyboard.press("Escape")
		centre.page.wait_for_timeout(400)
	assert site.statuses(seeded["invalid payload"]) == ["Dead Letter", "Dead Letter"], "nothing without a reason"
	says = centre.confirm("Discard", "Sent by a test of the shop.")
	assert "2" in says
	site.until(lambda: site.statuses(seeded["invalid payload"]), ["Discarded", "Discarded"])
	assert site.value("Sync Event", seeded["invalid payload"][0], "discard_reason") == "Sent by a test of the shop."
	centre.open_group("Totals mismatch")
	centre.act("Discard", "discard-event", centre.open_event(seeded["totals mismatch"][0]), reason="Booked by hand.")
	assert site.statuses(seeded["totals mismatch"]) == ["Discarded", "Dead Letter"]


@seeds("missing item", "missing gateway")
def test_look_again_keeps_the_attempts(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "operator")
	row = centre.open_group("Missing item")
	done = centre.act("Requeue", "requeue-group", row)
	assert done["changed"] == len(seeded["missing item"])
	site.until(lambda: set(site.statuses(seeded["missing item"])), {"Blocked"})
	for name in seeded["missing item"]:
		assert site.count("Sync Attempt", event=name, action="Requeue") == 1


@seeds("missing item")
def test_replay_of_an_event_that_was_applied(sign_in: OpenDesk, site: Site, seeded) -> None:
	name = site.ask("good_order")
	centre = centre_of(sign_in, "operator", "tab=events&status=Applied")
	done = centre.act("Replay", "replay-event", centre.open_event(name))
	assert done["changed"] == 1
	site.until(lambda: site.value("Sync Event", name, "status"), "No Change")
	centre.tab("needs")


@seeds("missing item")
def test_fetching_an_order_from_shopify_again(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "operator")
	name = seeded["missing item"][0]
	centre.open_group("Missing item")
	link = site.value("Sync Event", name, "link")
	done = centre.act("Refetch", "refetch-event", centre.open_event(name))
	assert done["status"] == "Completed", done
	site.until(lambda: len(site.rows("Sync Event", {"link": link, "source": "Replay"})), lambda count: count >= 1)
	assert site.count("Shopify API Call", store=centre.store) >= 1


@seeds("missing item")
def test_a_group_is_fetched_from_shopify_again(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "operator")
	links = [site.value("Sync Event", name, "link") for name in seeded["missing item"]]
	done = centre.act("Refetch", "refetch-group", centre.open_group("Missing item"))
	assert (done["status"], done["changed"]) == ("Completed", len(links)), done
	read = lambda: {row["link"] for row in site.rows("Sync Event", {"link": ["in", links], "source": "Replay"}, ["link"])}  # noqa: E731
	site.until(read, set(links))


@seeds("missing item")
def test_one_order_is_held_and_released(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "operator")
	name = seeded["missing item"][0]
	centre.open_group("Missing item")
	done = centre.act("Hold", "hold-event", centre.open_event(name), reason="The customer called.")
	assert done["status"] == "Completed", done
	(hold,) = site.rows("Sync Hold", {"store": centre.store}, ["name", "scope", "link", "user", "reason", "released_at"])
	assert (hold["scope"], hold["user"], hold["released_at"]) == ("Resource", site.users["operator"], None)
	assert hold["link"] == site.value("Sync Event", name, "link") and hold["reason"] == "The customer called."
	site.ask("call", method="shopify_sync.api.command_center.retry", event=name)
	site.until(lambda: site.value("Sync Event", name, "status"), "Held")
	assert "The customer called." in site.value("Sync Event", name, "message")
	centre.tab("holds")
	centre.act("Release", "release", centre.root.locator(f'[data-hold="{hold["name"]}"]'))
	site.until(lambda: site.value("Sync Event", name, "status"), "Blocked")
	assert site.value("Sync Hold", hold["name"], "released_by") == site.users["operator"]


@seeds("totals mismatch")
def test_a_flow_is_held_and_released_by_the_manager(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "manager")
	done = centre.act("Hold", "hold", centre.store_card, reason="Stock-taking.", scope="flow", flow="Orders")
	assert done["status"] == "Completed", done
	name = site.ask("deliver_order")
	site.until(lambda: site.value("Sync Event", name, "status"), "Held")
	assert site.value("Sync Event", name, "attempts") == 0, "it costs no attempt"
	centre.tab("held")
	expect(centre.event(name)).to_contain_text("Stock-taking.")
	centre.tab("holds")
	(hold,) = site.rows("Sync Hold", {"store": centre.store}, ["name"])
	centre.act("Release", "release", centre.root.locator(f'[data-hold="{hold["name"]}"]'))
	site.until(lambda: site.value("Sync Event", name, "status"), "Applied")


@seeds("totals mismatch")
def test_a_topic_is_held_by_an_operator_who_may_not_hold_a_flow(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "operator")
	centre.act("Hold", "hold", centre.store_card, reason="Looked into.", topic="orders/create")
	(hold,) = site.rows("Sync Hold", {"store": centre.store}, ["scope", "topic"])
	assert hold == {"scope": "Topic", "topic": "orders/create"}
	name = site.ask("deliver_order")
	site.until(lambda: site.value("Sync Event", name, "status"), "Held")


@seeds("totals mismatch")
def test_a_store_is_paused_and_resumed_as_it_was(sign_in: OpenDesk, site: Site, seeded) -> None:
	site.ask("set_value", doctype="Shopify Store", name=site.names["store"], field="mode", value="Live")
	centre = centre_of(sign_in, "manager")
	centre.act("Pause", "pause", centre.store_card, reason="The auditors are here.")
	assert site.value("Shopify Store", centre.store, "mode") == "Paused"
	name = site.ask("deliver_order")
	site.until(lambda: site.value("Sync Event", name, "status"), "Held")
	centre.refresh()
	centre.act("Resume", "resume", centre.store_card)
	assert site.value("Shopify Store", centre.store, "mode") == "Live"
	site.until(lambda: site.value("Sync Event", name, "status"), "Applied")


@seeds("totals mismatch")
def test_calls_to_shopify_are_stopped_and_allowed_again(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "manager")
	done = centre.act("Trip Circuit", "trip-circuit", centre.store_card, reason="Shopify announced work.")
	assert done["status"] == "Completed", done
	assert json.loads(site.value("Shopify Connection", centre.store, "circuit"))["by_hand"]
	centre.refresh()
	expect(centre.store_card).to_contain_text("Stopped")
	centre.act("Reset Circuit", "reset-circuit", centre.store_card)
	assert not json.loads(site.value("Shopify Connection", centre.store, "circuit") or "{}").get("by_hand")
	expect(centre.store_card).not_to_contain_text("Stopped", timeout=30_000)


@seeds("totals mismatch")
def test_a_reconciliation_is_run(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "operator")
	done = centre.act("Reconcile", "reconcile", centre.store_card)
	assert done["status"] == "Completed", done
	site.until(
		lambda: [row["status"] for row in site.rows("Reconciliation Run", {"store": centre.store}, ["status"])], ["Completed"], 90
	)


@seeds("conflict")
def test_a_conflict_is_decided_on_the_page(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "operator")
	centre.open_group("Conflict")
	decided = {}
	for name, choice in zip(seeded["conflict"], ("Take Shopify's", "Keep ERPNext's"), strict=True):
		(conflict,) = site.rows("Sync Conflict", {"event": name})
		row = centre.open_event(name).locator(f'.ssc-conflict[data-conflict="{conflict["name"]}"]')
		row.wait_for()
		before = {one["name"] for one in centre.operations()}
		row.locator(f'[data-action="resolve-conflict"][data-choice="{choice}"]').click()
		centre.confirm("Resolve Conflict")
		centre.ended(before)
		decided[conflict["name"]] = choice
	for name, choice in decided.items():
		row = site.value("Sync Conflict", name, ["status", "resolution", "resolved_by"])
		assert row == {"status": "Resolved", "resolution": choice, "resolved_by": site.users["operator"]}
	site.until(lambda: set(site.statuses(seeded["conflict"])) <= {"Applied", "No Change"})


@seeds("missing item", "missing gateway", "totals mismatch", "invalid payload")
def test_several_groups_at_once_by_the_bar(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "operator")
	for category in ("Totals mismatch", "Invalid payload"):
		centre.group(category).first.locator('[data-action="select-group"]').check()
	expect(centre.root.locator('[data-part="selected"]')).to_contain_text("4 events")
	before = {row["name"] for row in centre.operations()}
	centre.press("discard-selected")
	centre.confirm("Discard", "Both of a test shop.")
	site.until(lambda: set(site.statuses(seeded["totals mismatch"] + seeded["invalid payload"])), {"Discarded"})
	(entry,) = (row for row in centre.operations() if row["name"] not in before)
	assert (entry["changed"], entry["reason"]) == (4, "Both of a test shop.")
	assert set(site.statuses(seeded["missing item"])) == {"Blocked"}


@seeds("missing item", "missing gateway")
def test_everything_that_matches_is_acted_on(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "operator", f"tab=events&status=Blocked&store={site.names['store']}")
	centre.event(seeded["missing item"][0]).locator('[data-action="select-event"]').check()
	centre.press("select-all-matching")
	before = {row["name"] for row in centre.operations()}
	centre.press("discard-selected")
	centre.confirm("Discard", "All of a test.")
	done = centre.ended(before)
	assert done["changed"] == len(seeded["missing item"] + seeded["missing gateway"])
	assert set(site.statuses(seeded["missing item"] + seeded["missing gateway"])) == {"Discarded"}


@seeds("totals mismatch")
def test_two_operators_at_once_act_once_on_each_event(sign_in: OpenDesk, site: Site, seeded) -> None:
	first, second = centre_of(sign_in, "operator"), centre_of(sign_in, "second")
	for one in (first, second):
		one.desk.is_refused = True
		one.press("discard-group", one.group("Totals mismatch").first)
		expect(one.dialog("Discard").locator('[data-action="confirm"]')).to_be_enabled()
		one.dialog("Discard").locator('[data-fieldname="reason"] :is(textarea, input)').fill(f"By {one.desk.user}.")
	for one in (first, second):
		one.dialog("Discard").locator('[data-action="confirm"]').click(no_wait_after=True)
	site.until(lambda: set(site.statuses(seeded["totals mismatch"])), {"Discarded"})
	for name in seeded["totals mismatch"]:
		assert site.count("Sync Attempt", event=name, action="Discard") == 1, "acted on once"
	# The one who came later is told: by an operation that changed nothing, or that there is nothing left to do.
	told = site.until(first.operations, lambda rows: rows and all(row["status"] == "Completed" for row in rows))
	assert sum(row["changed"] for row in told) == 2
	winner = next(row["user"] for row in told if row["changed"])
	late = second if winner == site.users["operator"] else first
	says = late.page.locator(".msgprint:visible, [data-shell='running'] .ssc-operation").first
	expect(says).to_be_visible()
	told_plainly(site, says.inner_text())
	assert late is not None and site.count("Sync Operation", store=first.store, changed=[">", 0]) == 1


@seeds("totals mismatch")
def test_a_double_click_is_one_wish(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "operator")
	centre.press("retry-group", centre.group("Totals mismatch").first)
	button = centre.dialog("Retry").locator('[data-action="confirm"]')
	expect(button).to_be_enabled()
	button.evaluate("button => { button.click(); button.click(); button.click(); }")
	centre.dialog("Retry").wait_for(state="hidden")
	site.until(lambda: [row["status"] for row in centre.operations()], ["Completed"])
	for name in seeded["totals mismatch"]:
		assert site.count("Sync Attempt", event=name, action="Retry") == 1


@seeds("missing item")
def test_many_events_go_in_the_background_with_progress_and_stop(sign_in: OpenDesk, site: Site, seeded) -> None:
	names = site.ask("orders_that_miss", sku=SKU, count=MANY)
	centre = centre_of(sign_in, "operator")
	with site.without_workers():
		row = centre.group("Missing item", f"item:{SKU}").first
		expect(row.locator(".ssc-count")).to_have_text(str(MANY))
		before = {one["name"] for one in centre.operations()}
		centre.press("retry-group", row)
		assert str(MANY) in centre.confirm("Retry")
		(begun,) = site.until(
			lambda: [one for one in centre.operations() if one["name"] not in before], lambda rows: len(rows) == 1
		)
		shown = centre.root.locator(f'[data-shell="running"] .ssc-operation[data-operation="{begun["name"]}"]')
		expect(shown.locator('[role="progressbar"]')).to_be_visible()
		# Nobody carries them out: it waits for room, so as not to drown what comes in live.
		site.until(lambda: site.value("Sync Operation", begun["name"], "done"), lambda done: 0 < done < MANY)
		shown.locator('[data-action="stop-operation"]').click()
		site.until(lambda: site.value("Sync Operation", begun["name"], "status"), "Stopped")
		expect(shown).to_have_attribute("data-status", "Stopped")
	ended = site.value("Sync Operation", begun["name"], ["done", "changed", "total", "status"])
	retried = site.rows("Sync Attempt", {"event": ["in", names], "action": "Retry"}, ["event"])
	assert ended["total"] == MANY and ended["changed"] == len(retried) == len({one["event"] for one in retried}) < MANY
	site.until(lambda: set(site.statuses(names)), {"Blocked"}, 60)


@seeds("missing item", "missing gateway", "invalid payload", "conflict")
def test_an_auditor_looks_and_has_no_button_that_acts(sign_in: OpenDesk, site: Site, seeded) -> None:
	centre = centre_of(sign_in, "auditor")
	centre.open_group("Missing item")
	centre.open_event(seeded["missing item"][0])
	actions = set(centre.root.locator("[data-action]").evaluate_all("all => all.map(one => one.dataset.action)"))
	acting = {
		name
		for name in actions
		if name.startswith(
			(
				"retry",
				"requeue",
				"replay",
				"discard",
				"refetch",
				"hold",
				"select",
				"save-fix",
				"export",
				"resolve",
				"stop",
				"release",
			)
		)
	}
	assert not (acting | actions & {"pause", "resume", "trip-circuit", "reset-circuit", "reconcile"}), acting


def refused(desk: Desk, method: str, **arguments: object) -> int:
	"""Call an endpoint past the page, as this user; return the answer's status."""
	status, _text = desk.ask(method, **arguments)
	return status


@seeds("missing item")
def test_past_the_page_the_server_refuses_the_same(sign_in: OpenDesk, profiles: Profiles, site: Site, seeded) -> None:
	name, store = seeded["missing item"][0], site.names["store"]
	wishes = [
		("Retry", {"events": [name]}),
		("Discard", {"events": [name]}),
		("Pause", {"store": store}),
		("Hold", {"store": store, "flow": "Orders"}),
		("Trip Circuit", {"store": store}),
	]

	def ask(desk: Desk, action: str, target: object) -> int:
		return refused(desk, "operations.start", action=action, target=target, request=f"{desk.user}-{action}", reason="No.")

	nobody = sign_in("nobody").list("Customer")
	assert refused(nobody, "command_center.groups") == 403
	assert [ask(nobody, *wish) for wish in wishes] == [403] * len(wishes)
	auditor = centre_of(sign_in, "auditor").desk
	assert refused(auditor, "command_center.groups") == 200
	assert [ask(auditor, *wish) for wish in wishes] == [403] * len(wishes)
	assert (
		refused(auditor, "command_center.fix", store=store, missing="item:NS-HOODIE-L", values={"item": site.names["item"]})
		== 403
	)
	operator = centre_of(sign_in, "operator").desk
	assert [ask(operator, *wish) for wish in wishes[2:]] == [403] * 3
	guest = profiles.guest()
	for method in ("command_center.groups", "command_center.overview", "operations.recent", "evidence.story"):
		assert refused(guest, method) == 403, method
	guest.close()
	assert set(site.statuses(seeded["missing item"])) == {"Blocked"}
	assert site.count("Sync Operation", store=store) == 0 and site.value("Shopify Store", store, "mode") == "Live"
