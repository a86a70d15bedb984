"""Mutations of orders, parcels, refunds, edits, customers, products and subscriptions."""

from __future__ import annotations

from typing import Any

import pytest

from shopify_sync.admin_api import operations
from shopify_sync.simulator.shop.records import Order
from shopify_sync.simulator.shop.totals import financial_status, outstanding

from .admin_client import Client, gid
from .shops import cart, stocked_shop, watch


@pytest.fixture
def client() -> Client:
	return Client(stocked_shop())


@pytest.fixture
def order(client: Client) -> Order:
	return client.shop.orders.place(cart(client.shop, 2, 3))


def messages(payload: dict[str, Any]) -> list[str]:
	return [error["message"] for error in payload["userErrors"]]


def fulfillment_orders(client: Client, order: Order) -> list[dict[str, Any]]:
	found: list[dict[str, Any]] = client.run("FulfillmentOrders", orderId=gid("Order", order.id))["order"]["fulfillmentOrders"][
		"nodes"
	]
	return found


def fulfil(client: Client, groups: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
	given = {"lineItemsByFulfillmentOrder": groups, **more}
	found: dict[str, Any] = client.run("FulfillmentCreate", fulfillment=given)["fulfillmentCreate"]
	return found


def test_an_order_is_marked_as_paid_once(client: Client, order: Order) -> None:
	told = watch(client.shop)
	found = client.run("OrderMarkAsPaid", id=gid("Order", order.id))["orderMarkAsPaid"]
	assert found["order"]["displayFinancialStatus"] == "PAID"
	assert {"orders/paid", "orders/updated", "order_transactions/create"} <= {webhook.topic for webhook in told}
	again = client.run("OrderMarkAsPaid", id=gid("Order", order.id))["orderMarkAsPaid"]
	assert (again["order"], messages(again)) == (None, ["Order cannot be marked as paid."])
	assert outstanding(order) == 0


@pytest.mark.parametrize("pays_back", [True, False])
def test_an_order_is_cancelled_and_paid_back_if_asked(client: Client, pays_back: bool) -> None:
	order = client.shop.orders.place(cart(client.shop, 2), financial="paid")
	method = {"originalPaymentMethodsRefund": pays_back}
	id = gid("Order", order.id)
	found = client.run("OrderCancel", orderId=id, reason="INVENTORY", restock=True, refundMethod=method)["orderCancel"]
	assert (found["job"]["done"], found["orderCancelUserErrors"]) == (True, [])
	assert order.cancel_reason == "inventory"
	assert (financial_status(order) == "refunded") == pays_back
	again = client.run("OrderCancel", orderId=id, reason="OTHER", restock=True)["orderCancel"]
	assert "already been canceled" in again["orderCancelUserErrors"][0]["message"]


def test_an_order_is_changed(client: Client, order: Order) -> None:
	input = {
		"id": gid("Order", order.id),
		"note": "Ring",
		"tags": ["a"],
		"shippingAddress": {"city": "Paris", "countryCode": "FR"},
	}
	found = client.run("OrderUpdate", input=input)["orderUpdate"]["order"]
	assert (found["note"], found["tags"]) == ("Ring", ["a"])
	assert order.shipping_address is not None
	assert (order.shipping_address.city, order.shipping_address.country_code) == ("Paris", "FR")
	[error] = client.errors(operations.load("OrderUpdate"), input={"id": gid("Order", order.id), "poNumber": "1"})
	assert error["message"] == "The simulator does not implement the input field OrderInput.poNumber"


def test_named_lines_are_fulfilled(client: Client, order: Order) -> None:
	[waiting] = fulfillment_orders(client, order)
	line = waiting["lineItems"]["nodes"][1]
	groups = [{"fulfillmentOrderId": waiting["id"], "fulfillmentOrderLineItems": [{"id": line["id"], "quantity": 2}]}]
	tracking = {"company": "UPS", "number": "1Z", "numbers": ["1Z", "2Z"]}
	found = fulfil(client, groups, trackingInfo=tracking, notifyCustomer=True)
	assert messages(found) == []
	assert [info["number"] for info in found["fulfillment"]["trackingInfo"]] == ["1Z", "2Z"]
	assert [entry.fulfilled_quantity for entry in order.line_items] == [0, 2]
	remaining = [node["remainingQuantity"] for node in fulfillment_orders(client, order)[0]["lineItems"]["nodes"]]
	assert remaining == [2, 1]
	groups[0]["fulfillmentOrderLineItems"][0]["quantity"] = 2  # type: ignore[index]
	assert messages(fulfil(client, groups)) == ["Invalid fulfillment order line item quantity requested."]


def test_naming_no_lines_fulfils_everything(client: Client, order: Order) -> None:
	[waiting] = fulfillment_orders(client, order)
	assert messages(fulfil(client, [{"fulfillmentOrderId": waiting["id"]}])) == []
	assert [line.fulfilled_quantity for line in order.line_items] == [2, 3]
	again = fulfil(client, [{"fulfillmentOrderId": waiting["id"]}])
	assert "unfulfillable status= closed" in messages(again)[0]


def test_a_parcel_gets_another_tracking_number_and_is_taken_back(client: Client, order: Order) -> None:
	[waiting] = fulfillment_orders(client, order)
	parcel = fulfil(client, [{"fulfillmentOrderId": waiting["id"]}])["fulfillment"]["id"]
	changed = client.run("FulfillmentTrackingInfoUpdate", fulfillmentId=parcel, tracking={"company": "DHL", "number": "9"})
	assert changed["fulfillmentTrackingInfoUpdate"]["fulfillment"]["trackingInfo"] == [
		{"company": "DHL", "number": "9", "url": None}
	]
	query = "mutation Cancel($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { status } userErrors { message } } }"
	assert client.ask(query, id=parcel)["fulfillmentCancel"]["fulfillment"]["status"] == "CANCELLED"
	assert [line.fulfilled_quantity for line in order.line_items] == [0, 0]
	assert client.ask(query, id=parcel)["fulfillmentCancel"]["userErrors"]


def test_what_is_on_hold_is_not_fulfilled(client: Client, order: Order) -> None:
	[waiting] = fulfillment_orders(client, order)
	hold = """mutation Hold($id: ID!) { fulfillmentOrderHold(id: $id, fulfillmentHold: {reason: HIGH_RISK_OF_FRAUD, reasonNotes: "Ask"}) {
		fulfillmentHold { reason reasonNotes } fulfillmentOrder { status } userErrors { code message } } }"""
	found = client.ask(hold, id=waiting["id"])["fulfillmentOrderHold"]
	assert found["fulfillmentHold"] == {"reason": "HIGH_RISK_OF_FRAUD", "reasonNotes": "Ask"}
	assert found["fulfillmentOrder"]["status"] == "ON_HOLD"
	assert (
		client.ask(hold, id=waiting["id"])["fulfillmentOrderHold"]["userErrors"][0]["code"] == "DUPLICATE_FULFILLMENT_HOLD_HANDLE"
	)
	assert "on_hold" in messages(fulfil(client, [{"fulfillmentOrderId": waiting["id"]}]))[0]
	release = "mutation Release($id: ID!) { fulfillmentOrderReleaseHold(id: $id) { fulfillmentOrder { status } userErrors { message } } }"
	assert client.ask(release, id=waiting["id"])["fulfillmentOrderReleaseHold"]["fulfillmentOrder"]["status"] == "OPEN"
	assert messages(fulfil(client, [{"fulfillmentOrderId": waiting["id"]}])) == []


def test_a_fulfillment_order_moves_to_another_location(client: Client, order: Order) -> None:
	[waiting] = fulfillment_orders(client, order)
	here = waiting["assignedLocation"]["location"]["id"]
	there = next(gid("Location", id) for id in client.shop.locations.all if gid("Location", id) != here)
	query = """mutation Move($id: ID!, $to: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $to) {
		movedFulfillmentOrder { assignedLocation { location { id } } } originalFulfillmentOrder { status } userErrors { message } } }"""
	found = client.ask(query, id=waiting["id"], to=there)["fulfillmentOrderMove"]
	assert found["movedFulfillmentOrder"]["assignedLocation"]["location"]["id"] == there
	assert found["originalFulfillmentOrder"]["status"] == "CLOSED"
	assert client.ask(query, id=waiting["id"], to=there)["fulfillmentOrderMove"]["userErrors"]


def test_a_refund_takes_pieces_back_and_pays_once_per_key(client: Client) -> None:
	shop = client.shop
	order = shop.orders.place(cart(shop, 2), financial="paid", gateway="shopify_payments")
	line, paid = order.line_items[0], order.transactions[0]
	input = {
		"orderId": gid("Order", order.id),
		"note": "Broken",
		"refundLineItems": [{"lineItemId": gid("LineItem", line.id), "quantity": 1, "restockType": "CANCEL"}],
		"transactions": [
			{
				"orderId": gid("Order", order.id), "parentId": gid("OrderTransaction", paid.id), "kind": "REFUND",
				"gateway": "shopify_payments", "amount": "21.99",
			}
		],
	}  # fmt: skip
	first = client.run("RefundCreate", input=input, key="a")["refundCreate"]
	assert messages(first) == []
	assert first["refund"]["totalRefundedSet"]["shopMoney"]["amount"] == "21.99"
	assert first["order"]["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
	assert line.current_quantity == 1
	again = client.run("RefundCreate", input=input, key="a")["refundCreate"]
	assert again["refund"]["id"] == first["refund"]["id"]
	assert len(order.refunds) == 1
	other = client.run("RefundCreate", input={**input, "note": "x"}, key="a")["refundCreate"]
	assert messages(other) == ["The same idempotency key cannot be used with different operation parameters."]
	too_much = {**input, "transactions": [{**input["transactions"][0], "amount": "999"}]}  # type: ignore[index, dict-item]
	assert messages(client.run("RefundCreate", input=too_much, key="b")["refundCreate"]) == [
		"Refund amount is more than was paid"
	]
	query = operations.load("RefundCreate").replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
	assert client.errors(query, input=input)[0]["extensions"]["code"] == "BAD_REQUEST"


def test_without_transactions_a_refund_pays_nothing_back(client: Client) -> None:
	order = client.shop.orders.place(cart(client.shop, 2), financial="paid")
	input = {
		"orderId": gid("Order", order.id),
		"refundLineItems": [{"lineItemId": gid("LineItem", order.line_items[0].id), "quantity": 1, "restockType": "NO_RESTOCK"}],
	}
	found = client.run("RefundCreate", input=input, key="a")["refundCreate"]
	assert messages(found) == []
	assert found["refund"]["totalRefundedSet"]["shopMoney"]["amount"] == "0.0"


def test_an_order_is_edited(client: Client, order: Order) -> None:
	shop = client.shop
	begin = "mutation Begin($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id lineItems(first: 5) { nodes { id quantity } } } userErrors { message } } }"
	edit = client.ask(begin, id=gid("Order", order.id))["orderEditBegin"]["calculatedOrder"]
	first, second = edit["lineItems"]["nodes"]
	quantity = """mutation Set($id: ID!, $line: ID!, $n: Int!) { orderEditSetQuantity(id: $id, lineItemId: $line, quantity: $n) {
		calculatedLineItem { quantity } userErrors { message } } }"""
	assert (
		client.ask(quantity, id=edit["id"], line=first["id"], n=1)["orderEditSetQuantity"]["calculatedLineItem"]["quantity"] == 1
	)
	variant = gid("ProductVariant", list(shop.products.variants)[2])
	add = """mutation Add($id: ID!, $variant: ID!) { orderEditAddVariant(id: $id, variantId: $variant, quantity: 4) {
		calculatedLineItem { id sku quantity } calculatedOrder { addedLineItems(first: 5) { nodes { sku } } } userErrors { message } } }"""
	added = client.ask(add, id=edit["id"], variant=variant)["orderEditAddVariant"]
	assert added["calculatedLineItem"]["sku"] == "SKU-2"
	assert added["calculatedOrder"]["addedLineItems"]["nodes"] == [{"sku": "SKU-2"}]
	custom = """mutation Custom($id: ID!) { orderEditAddCustomItem(id: $id, title: "Engraving", quantity: 1,
		price: {amount: "4.00", currencyCode: USD}) { calculatedLineItem { title } userErrors { message } } }"""
	assert client.ask(custom, id=edit["id"])["orderEditAddCustomItem"]["calculatedLineItem"]["title"] == "Engraving"
	assert [line.current_quantity for line in order.line_items] == [2, 3]
	told = watch(shop)
	commit = "mutation Commit($id: ID!) { orderEditCommit(id: $id, notifyCustomer: false) { order { id edited } userErrors { message } } }"
	assert client.ask(commit, id=edit["id"])["orderEditCommit"]["order"] == {"id": gid("Order", order.id), "edited": True}
	assert [line.current_quantity for line in order.line_items] == [1, 3, 4, 1]
	assert {"orders/edited", "orders/updated"} <= {webhook.topic for webhook in told}
	assert client.ask(commit, id=edit["id"])["orderEditCommit"]["userErrors"]
	assert second["quantity"] == 3


def test_a_customer_is_created_changed_and_merged(client: Client) -> None:
	create = "mutation Create($input: CustomerInput!) { customerCreate(input: $input) { customer { id firstName defaultAddress { city countryCodeV2 } } userErrors { field message } } }"
	address = {"city": "London", "countryCode": "GB"}
	made = client.ask(create, input={"firstName": "Ada", "email": "ada@example.com", "addresses": [address]})["customerCreate"][
		"customer"
	]
	assert made["defaultAddress"] == {"city": "London", "countryCodeV2": "GB"}
	taken = client.ask(create, input={"email": "ada@example.com"})["customerCreate"]
	assert taken == {"customer": None, "userErrors": [{"field": ["email"], "message": "Email has already been taken"}]}
	update = "mutation Update($input: CustomerInput!) { customerUpdate(input: $input) { customer { note tags } userErrors { message } } }"
	changed = client.ask(update, input={"id": made["id"], "note": "Kind", "tags": ["vip"]})["customerUpdate"]["customer"]
	assert changed == {"note": "Kind", "tags": ["vip"]}
	twin = client.ask(create, input={"firstName": "Ada", "email": "ada.e@example.com"})["customerCreate"]["customer"]
	told = watch(client.shop)
	merge = "mutation Merge($one: ID!, $two: ID!) { customerMerge(customerOneId: $one, customerTwoId: $two) { resultingCustomerId job { done } userErrors { code } } }"
	merged = client.ask(merge, one=twin["id"], two=made["id"])["customerMerge"]
	assert merged == {"resultingCustomerId": made["id"], "job": {"done": True}, "userErrors": []}
	assert "customers/merge" in {webhook.topic for webhook in told}
	assert client.ask(merge, one=twin["id"], two=made["id"])["customerMerge"]["userErrors"] == [{"code": "INVALID_CUSTOMER_ID"}]


def test_variants_change_together_or_not_at_all(client: Client) -> None:
	product = next(iter(client.shop.products.all.values()))
	query = """mutation Change($id: ID!, $variants: [ProductVariantsBulkInput!]!) { productVariantsBulkUpdate(productId: $id, variants: $variants) {
		productVariants { sku price } userErrors { code field } } }"""
	id = gid("ProductVariant", product.variants[0].id)
	given = {"id": id, "price": "7.50", "inventoryItem": {"sku": "NEW"}}
	bad = {"id": gid("ProductVariant", "1"), "price": "1"}
	found = client.ask(query, id=gid("Product", product.id), variants=[given, bad])["productVariantsBulkUpdate"]
	assert found["userErrors"] == [{"code": "PRODUCT_VARIANT_DOES_NOT_EXIST", "field": ["variants", "1", "id"]}]
	assert product.variants[0].sku == "SKU-0"
	found = client.ask(query, id=gid("Product", product.id), variants=[given])["productVariantsBulkUpdate"]
	assert found["productVariants"] == [{"sku": "NEW", "price": "7.50"}]
	negative = {"id": id, "price": "-1"}
	found = client.ask(query, id=gid("Product", product.id), variants=[negative])["productVariantsBulkUpdate"]
	assert found["userErrors"][0]["code"] == "NEGATIVE_PRICE_VALUE"


def test_subscriptions_are_made_found_changed_and_ended(client: Client) -> None:
	given = {"uri": "https://hooks.example.com/a", "includeFields": ["id", "updated_at"]}
	made = client.run("WebhookSubscriptionCreate", topic="ORDERS_CREATE", subscription=given)["webhookSubscriptionCreate"]
	assert made["webhookSubscription"] | given == made["webhookSubscription"]
	assert made["webhookSubscription"]["topic"] == "ORDERS_CREATE"
	again = client.run("WebhookSubscriptionCreate", topic="ORDERS_CREATE", subscription=given)["webhookSubscriptionCreate"]
	assert messages(again) == ["Address for this topic has already been taken"]
	id = made["webhookSubscription"]["id"]
	changed = client.run("WebhookSubscriptionUpdate", id=id, subscription={"uri": "https://hooks.example.com/b"})
	assert changed["webhookSubscriptionUpdate"]["webhookSubscription"]["uri"] == "https://hooks.example.com/b"
	client.run("WebhookSubscriptionCreate", topic="INVENTORY_LEVELS_UPDATE", subscription={"uri": "https://hooks.example.com/a"})
	listed = client.run("WebhookSubscriptions")["webhookSubscriptions"]["nodes"]
	assert [node["topic"] for node in listed] == ["ORDERS_CREATE", "INVENTORY_LEVELS_UPDATE"]
	assert client.run("WebhookSubscriptionDelete", id=id)["webhookSubscriptionDelete"]["deletedWebhookSubscriptionId"] == id
	assert messages(client.run("WebhookSubscriptionDelete", id=id)["webhookSubscriptionDelete"])
	[error] = client.errors(operations.load("WebhookSubscriptionCreate"), topic="CARTS_CREATE", subscription=given)
	assert error["message"] == "The simulator does not implement the topic CARTS_CREATE"


def test_an_order_is_archived_captured_and_opened(client: Client) -> None:
	order = client.shop.orders.place(cart(client.shop, 1), financial="authorized", gateway="shopify_payments")
	held = order.transactions[0]
	capture = """mutation Capture($id: ID!, $parent: ID!) { orderCapture(input: {id: $id, parentTransactionId: $parent, amount: "5.00"}) {
		transaction { kind amountSet { shopMoney { amount } } } userErrors { message } } }"""
	found = client.ask(capture, id=gid("Order", order.id), parent=gid("OrderTransaction", held.id))["orderCapture"]
	assert found["transaction"] == {"kind": "CAPTURE", "amountSet": {"shopMoney": {"amount": "5.0"}}}
	close = "mutation Close($id: ID!) { orderClose(input: {id: $id}) { order { closed } userErrors { message } } }"
	assert client.ask(close, id=gid("Order", order.id))["orderClose"]["order"] == {"closed": True}
	assert messages(client.ask(close, id=gid("Order", order.id))["orderClose"])
	opened = "mutation Open($id: ID!) { orderOpen(input: {id: $id}) { order { closed } userErrors { message } } }"
	assert client.ask(opened, id=gid("Order", order.id))["orderOpen"]["order"] == {"closed": False}


def test_a_part_of_a_fulfillment_order_moves(client: Client, order: Order) -> None:
	[waiting] = fulfillment_orders(client, order)
	line, there = waiting["lineItems"]["nodes"][1], gid("Location", list(client.shop.locations.all)[1])
	parts = [{"id": line["id"], "quantity": 2}]
	assert (
		messages(client.run("FulfillmentOrderMove", id=waiting["id"], newLocationId=there, lines=parts)["fulfillmentOrderMove"])
		== []
	)
	here, moved = fulfillment_orders(client, order)
	assert [node["remainingQuantity"] for node in here["lineItems"]["nodes"]] == [2, 1]
	assert (moved["assignedLocation"]["location"]["id"], [node["remainingQuantity"] for node in moved["lineItems"]["nodes"]]) == (
		there,
		[2],
	)
	assert messages(
		client.run("FulfillmentOrderMove", id=waiting["id"], newLocationId=there, lines=parts)["fulfillmentOrderMove"]
	)
	level = client.shop.inventory.level(
		client.shop.products.variants[str(order.line_items[1].variant_id)].inventory_item_id, there.rsplit("/", 1)[1]
	)
	assert level is not None
	assert level.quantity("committed") == 2


def test_what_is_scheduled_or_with_another_service_is_not_the_merchants_to_fulfil(client: Client, order: Order) -> None:
	[waiting] = fulfillment_orders(client, order)
	assert {row["action"] for row in waiting["supportedActions"]} >= {"CREATE_FULFILLMENT", "MOVE"}
	id = order.fulfillment_orders[0].id
	client.shop.fulfillments.schedule(id)
	assert "scheduled" in messages(fulfil(client, [{"fulfillmentOrderId": waiting["id"]}]))[0]
	open_it = "mutation Open($id: ID!) { fulfillmentOrderOpen(id: $id) { fulfillmentOrder { status } userErrors { message } } }"
	assert client.ask(open_it, id=waiting["id"])["fulfillmentOrderOpen"]["fulfillmentOrder"]["status"] == "OPEN"
	assert client.ask(open_it, id=waiting["id"])["fulfillmentOrderOpen"]["userErrors"]
	client.shop.fulfillments.request(id)
	[waiting] = fulfillment_orders(client, order)
	assert (waiting["requestStatus"], waiting["supportedActions"]) == ("SUBMITTED", [{"action": "REQUEST_CANCELLATION"}])
	assert "another fulfillment service" in messages(fulfil(client, [{"fulfillmentOrderId": waiting["id"]}]))[0]


def test_tracking_links_are_those_that_were_given_or_the_carriers(client: Client, order: Order) -> None:
	[waiting] = fulfillment_orders(client, order)
	own = {"company": "Bike", "number": "7", "url": "https://bike.example.com/7"}
	made = fulfil(client, [{"fulfillmentOrderId": waiting["id"]}], trackingInfo=own, notifyCustomer=True)["fulfillment"]
	assert made["trackingInfo"] == [own]
	assert order.fulfillments[0].notified == 1
	tracking = {"company": "UPS", "number": "1Z"}
	changed = client.run("FulfillmentTrackingInfoUpdate", fulfillmentId=made["id"], tracking=tracking)
	[found] = changed["fulfillmentTrackingInfoUpdate"]["fulfillment"]["trackingInfo"]
	assert "ups.com" in found["url"]
	lines = client.run("FulfillmentLinesPage", id=made["id"])["fulfillment"]["fulfillmentLineItems"]["nodes"]
	assert [line["quantity"] for line in lines] == [2, 3]
	cancelled = client.run("FulfillmentCancel", id=made["id"])["fulfillmentCancel"]
	assert (cancelled["fulfillment"]["status"], order.fulfillments[0].notified) == ("CANCELLED", 1)
