"""What the host makes of a plan: documents in one step that equal two steps, rows found, money allocated, orders revised."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import frappe
from frappe.utils import add_days, flt, getdate, nowdate

from shopify_sync.core.failures import SyncFailure
from shopify_sync.core.plan import (
	CancelDocument,
	CloseDocument,
	CreateDocument,
	DocRef,
	LinkUpdate,
	ReopenDocument,
	ReviseDocument,
	RowRef,
	SubmitDocument,
	UpdateDocument,
)
from shopify_sync.core.policy import ItemMatching
from shopify_sync.core.snapshots import ItemQuery, OrderNeeds, OrderSnapshot
from shopify_sync.erpnext_host import links
from shopify_sync.erpnext_host.documents.create import _PREPARE_VALUES
from shopify_sync.erpnext_host.documents.items import resolve
from shopify_sync.erpnext_host.documents.references import References
from shopify_sync.erpnext_host.host import FrappeHost

from . import site
from .case import SyncTestCase
from .documents import Books, carry_out, cash_account, expense_account, stock_up

#: What differs between any two documents, or because the first of two comes before the second.
_OWN = frozenset(
	"""name creation modified parent shopify_key posting_time transaction_time posting_datetime __last_sync_on localname
	projected_qty actual_qty item_row tax_row amended_from title
	party_balance paid_from_account_balance paid_to_account_balance qty_after_transaction stock_value
	stock_queue voucher_detail_no previous_qty_after_transaction""".split()
)
_LEDGERS = ("GL Entry", "Payment Ledger Entry", "Stock Ledger Entry")


class DocumentsCase(SyncTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		stock_up("TEE-M", "MUG-1")

	def ledger(self, doctype: str, voucher: str) -> list[dict[str, Any]]:
		"""Return the entries of a voucher without what is its own, in a settled order."""
		rows = frappe.get_all(doctype, filters={"voucher_no": voucher, "is_cancelled": 0} if doctype != "Payment Ledger Entry"
			else {"voucher_no": voucher, "delinked": 0}, fields=["*"])  # fmt: skip
		return sorted(
			({name: value for name, value in row.items() if name not in _OWN} for row in rows),
			key=lambda row: str(sorted(row.items(), key=str)),
		)

	def balance(self, *vouchers: str) -> dict[str, float]:
		"""Return account → debit minus credit over all entries of these vouchers; the whole must balance."""
		rows = frappe.get_all(
			"GL Entry", filters={"voucher_no": ("in", vouchers), "is_cancelled": 0}, fields=["account", "debit", "credit"]
		)
		self.assertEqual(flt(sum(row.debit - row.credit for row in rows), 2), 0)
		accounts: dict[str, float] = {}
		for row in rows:
			accounts[row.account] = flt(accounts.get(row.account, 0) + row.debit - row.credit, 2)
		return {account: amount for account, amount in accounts.items() if amount}


class TestOneStep(DocumentsCase):
	"""Each doctype, submitted as it is inserted, beside a twin that was inserted and then submitted."""

	def twins(self, prepare: Any, change_of: Any) -> None:
		ours, twin = Books(), Books()
		for books in (ours, twin):
			carry_out(*prepare(books))
		applied = carry_out(change_of(ours))[0]
		name = self.in_two_steps(change_of(twin))
		doctype = applied.doctype
		swap = _names_of(ours, twin)
		first = _comparable(frappe.get_doc(doctype, applied.name), {})
		second = _comparable(frappe.get_doc(doctype, name), swap)
		self.maxDiff = None
		self.assertEqual(first, second)
		for ledger in _LEDGERS:
			self.assertEqual(self.ledger(ledger, applied.name), _swapped(self.ledger(ledger, name), swap), ledger)
		for books, other in ((ours, {}), (twin, swap)):
			books.others = _swapped(self.others(books), other)
		self.assertEqual(ours.others, twin.others)
		frappe.db.commit()

	def in_two_steps(self, change: CreateDocument) -> str:
		values = References().resolved(change.values, _Names())
		if change.doctype in _PREPARE_VALUES:
			values = _PREPARE_VALUES[change.doctype](values)
		if values.get("posting_date") and values["posting_date"] != nowdate() and change.doctype != "Payment Entry":
			values["set_posting_time"] = 1
		doc = frappe.get_doc({"doctype": change.doctype, "shopify_key": change.key, **values})
		doc.name = change.name
		doc.flags.name_set = True
		doc.insert()
		doc.submit()
		return doc.name

	def others(self, books: Books) -> list[Any]:
		"""Return what the documents before it have become."""
		found = []
		for doctype in ("Sales Order", "Sales Invoice", "Delivery Note", "Payment Entry"):
			for name in frappe.get_all(doctype, {"shopify_key": ("like", f"{books.key}%")}, pluck="name", order_by="shopify_key"):
				found.append(_comparable(frappe.get_doc(doctype, name), {}))
		return found

	def test_sales_order(self) -> None:
		self.twins(lambda books: [], lambda books: books.sales_order())

	def test_sales_invoice(self) -> None:
		self.twins(lambda books: [books.sales_order()], lambda books: books.invoice())

	def test_sales_invoice_on_a_day_gone_by(self) -> None:
		day = add_days(nowdate(), -3)
		self.twins(lambda books: [books.sales_order()], lambda books: books.invoice(posting_date=day, due_date=day))

	def test_sales_invoice_of_nothing(self) -> None:
		rows = [Books().row(rate=0)]
		self.twins(lambda books: [books.sales_order(rows, [])], lambda books: books.invoice(rows, []))

	def test_sales_invoice_that_moves_stock(self) -> None:
		self.twins(lambda books: [books.sales_order()], lambda books: books.invoice(update_stock=1))

	def test_sales_invoice_with_advances(self) -> None:
		advances = {"allocate_advances_automatically": 1, "only_include_allocated_payments": 1}
		self.twins(
			lambda books: [
				books.sales_order(),
				books.payment(10, (books.ref("Sales Order", ""), 10), number=1, posting_date=add_days(nowdate(), -1)),
				books.payment(7, (books.ref("Sales Order", ""), 7), number=2),
			],
			lambda books: books.invoice(**advances),
		)

	def test_credit_note(self) -> None:
		self.twins(
			lambda books: [books.sales_order(), books.invoice()],
			lambda books: books.credit_note([books.row(qty=-1)], [books.tax(-2)]),
		)

	def test_credit_note_that_reduces_what_is_owed(self) -> None:
		self.twins(
			lambda books: [books.sales_order(), books.invoice()],
			lambda books: books.credit_note([books.row(qty=-1)], [books.tax(-2)], update_outstanding_for_self=0),
		)

	def test_credit_note_that_takes_stock_back(self) -> None:
		self.twins(
			lambda books: [books.sales_order(), books.invoice(update_stock=1)],
			lambda books: books.credit_note([books.row(qty=-1)], [books.tax(-2)], update_stock=1),
		)

	def test_payment_entry_of_an_invoice(self) -> None:
		self.twins(
			lambda books: [books.sales_order(), books.invoice()], lambda books: books.payment(24, (books.ref(), 24), fee=0.99)
		)

	def test_payment_entry_of_an_order(self) -> None:
		self.twins(lambda books: [books.sales_order()], lambda books: books.payment(24, (books.ref("Sales Order", ""), 24)))

	def test_advances_on_an_account_of_their_own(self) -> None:
		advances = make_account("Advances Received", "Receivable", Books().currency, root_type="Liability")
		values = {"book_advance_payments_in_separate_party_account": 1, "default_advance_received_account": advances}
		company = frappe.get_doc("Company", site.company())
		before = {field: company.get(field) for field in values}
		frappe.db.set_value("Company", company.name, values)
		frappe.db.commit()
		frappe.clear_document_cache("Company", company.name)
		try:
			self.twins(lambda books: [books.sales_order()], lambda books: books.payment(24, (books.ref("Sales Order", ""), 24)))
			entry = frappe.get_last_doc("Payment Entry", {"shopify_key": ("like", "test-store/%")})
			self.assertEqual(entry.paid_from, advances)
			options = {"allocate_advances_automatically": 1, "only_include_allocated_payments": 1}
			books = Books()
			carry_out(books.sales_order(), books.payment(24, (books.ref("Sales Order", ""), 24)), books.invoice(**options))
			invoice = frappe.get_doc("Sales Invoice", books.name("T-SI-"))
			self.assertEqual((invoice.outstanding_amount, invoice.status), (0, "Paid"))
			balance = self.balance(invoice.name, books.name("T-PE-1-"))
			self.assertEqual((balance.get(advances, 0), balance.get(invoice.debit_to, 0)), (0, 0))
		finally:
			frappe.db.set_value("Company", company.name, before)
			frappe.db.commit()
			frappe.clear_document_cache("Company", company.name)

	def test_payment_entry_without_reference(self) -> None:
		self.twins(lambda books: [], lambda books: books.payment(24))

	def test_payment_entry_that_pays_back(self) -> None:
		self.twins(
			lambda books: [books.sales_order(), books.invoice(), books.credit_note([books.row(qty=-1)], [books.tax(-2)])],
			lambda books: books.payment(12, (books.ref("Sales Invoice", "/refund/1"), -12), kind="Pay"),
		)

	def test_delivery_note(self) -> None:
		self.twins(lambda books: [books.sales_order()], lambda books: books.delivery())

	def test_delivery_note_of_an_invoiced_order(self) -> None:
		self.twins(lambda books: [books.sales_order(), books.invoice()], lambda books: books.delivery())

	def test_delivery_note_of_a_part(self) -> None:
		self.twins(lambda books: [books.sales_order(), books.invoice()], lambda books: books.delivery(items=[books.row(qty=1)]))

	def test_goods_that_come_back(self) -> None:
		self.twins(
			lambda books: [books.sales_order(), books.invoice(), books.delivery()],
			lambda books: books.goods_back([books.row(qty=-1)]),
		)


class TestRows(DocumentsCase):
	"""RowRef, DocRef, and what is read of an order."""

	def read(self, books: Books) -> OrderSnapshot:
		needs = OrderNeeds(books.key, "nothing", (), (), None, books.currency, getdate(nowdate()))
		host = FrappeHost()
		host.policy(self.STORE)
		host.prepare((books.key,), needs)
		with host.transaction() as tx:
			tx.lock((books.key,))
			return tx.read(needs)

	def test_two_rows_of_one_line_are_told_apart_by_their_place(self) -> None:
		books = Books()
		rows = [books.row(qty=2, rate=9.67), books.row("2", "MUG-1", qty=1, rate=5), books.row(qty=1, rate=9.66)]
		carry_out(books.sales_order(rows, []))
		order = frappe.get_doc("Sales Order", {"shopify_key": books.key})
		refs = [RowRef("Sales Order", books.key, line, index) for line, index in (("1", 0), ("2", 0), ("1", 1))]
		self.assertEqual(References().resolved({"rows": refs}, {})["rows"], [row.name for row in order.items])
		with self.assertRaisesRegex(SyncFailure, "has 2 row.s. of Shopify's line 1, and row 3 is needed"):
			References().resolved({"row": RowRef("Sales Order", books.key, "1", 2)}, {})
		with self.assertRaisesRegex(SyncFailure, "no Sales Invoice with the key"):
			References().resolved({"doc": DocRef("Sales Invoice", f"{books.key}/invoice/9")}, {})

	def test_rows_of_a_document_made_in_the_same_plan_are_not_read(self) -> None:
		books = Books()
		queries: list[str] = []
		original = frappe.db.sql

		def sql(query: Any, *args: Any, **kwargs: Any) -> Any:
			queries.append(str(query))
			return original(query, *args, **kwargs)

		frappe.db.sql = sql
		try:
			carry_out(books.sales_order(), books.invoice(), books.delivery())
		finally:
			frappe.db.sql = original
		self.assertFalse([query for query in queries if query.startswith("SELECT shopify_line_item_id, name")])

	def test_amended_rows_are_found(self) -> None:
		books = Books()
		carry_out(books.sales_order())
		amended = self.amend("Sales Order", books.key)
		carry_out(books.invoice())
		invoice = frappe.get_doc("Sales Invoice", {"shopify_key": f"{books.key}/invoice/1"})
		self.assertEqual((invoice.items[0].sales_order, invoice.items[0].so_detail), (amended.name, amended.items[0].name))

	def amend(self, doctype: str, key: str) -> Any:
		"""Cancel and amend a document as the Desk does."""
		doc = frappe.get_doc(doctype, {"shopify_key": key})
		doc.cancel()
		amended = frappe.copy_doc(doc, ignore_no_copy=False)
		amended.update({"amended_from": doc.name, "docstatus": 0})
		for field in ("transaction_date", "delivery_date", "posting_date", "due_date", "set_posting_time"):
			if doc.get(field):
				amended.set(field, doc.get(field))
		amended.insert().submit()
		frappe.db.commit()
		return amended

	def test_everything_that_follows_an_order_is_read(self) -> None:
		books, stranger = Books(), Books()
		stranger.number, stranger.key = int(f"{books.number}0"), f"{books.key}0"
		for each in (books, stranger):
			carry_out(each.sales_order(), each.invoice(), each.payment(5, (each.ref(), 5)), each.delivery())
			links.ensure((each.key,))
			frappe.db.set_value("Shopify Link", each.key, {"document_type": "Sales Order", "document_name": each.name("T-SO-")})
		frappe.db.commit()
		snapshot = self.read(books)
		self.assertEqual(
			{
				key.removeprefix(books.key): (state.doctype, state.name, state.docstatus)
				for key, state in snapshot.documents.items()
			},
			{
				"/invoice/1": ("Sales Invoice", books.name("T-SI-"), 1),
				"/transaction/1": ("Payment Entry", books.name("T-PE-1-"), 1),
				"/fulfillment/1": ("Delivery Note", books.name("T-DN-1-"), 1),
			},
		)
		order = snapshot.sales_order
		self.assertEqual(
			(order.values["grand_total"], order.values["status"], order.values["per_billed"]), (24, "Completed", 100)
		)
		frappe.get_doc("Payment Entry", books.name("T-PE-1-")).cancel()
		amended = self.amend("Delivery Note", f"{books.key}/fulfillment/1")
		documents = self.read(books).documents
		self.assertEqual(documents[f"{books.key}/transaction/1"].docstatus, 2)
		self.assertEqual(
			(documents[f"{books.key}/fulfillment/1"].name, documents[f"{books.key}/fulfillment/1"].docstatus), (amended.name, 1)
		)

	def test_an_order_that_is_not_booked_has_nothing(self) -> None:
		snapshot = self.read(Books())
		self.assertEqual((snapshot.sales_order, snapshot.documents), (None, {}))

	def test_facts_of_a_link_are_kept_and_its_last_payload_is_found(self) -> None:
		event = self.carry_out({"id": 1, "updated_at": "2026-10-05T10:00:00-04:00"} | self.order())
		with FrappeHost().transaction() as tx:
			tx.lock((event.link,))
			tx.save_link(LinkUpdate(event.link, facts={"1": {"amount": "5.00"}}), {}, event.name)
		with FrappeHost().transaction() as tx:
			self.assertEqual(tx.lock((event.link,))[event.link].facts, {"1": {"amount": "5.00"}})
		name, payload = FrappeHost().payload_of(event.link)
		self.assertEqual((name, json.loads(payload)["id"]), (event.name, int(event.shopify_id)))
		self.assertIsNone(FrappeHost().payload_of("test-store/order/0"))

	def test_a_link_may_say_how_many_pieces_one_sold_is(self) -> None:
		sku = f"SIX-{site.fresh_id()}"
		frappe.get_doc(
			doctype="Shopify Link", store=self.STORE, resource_type="sku", shopify_id=sku, document_type="Item", document_name="MUG-1",
			uom_factor=6,
		).insert()  # fmt: skip
		found = resolve(self.STORE, (ItemQuery(None, sku), ItemQuery(None, "MUG-1")), ItemMatching.SKU_IS_ITEM_CODE)
		self.assertEqual([item.factor for item in found.values()], [6, 1])


class TestPayments(DocumentsCase):
	"""What a Payment Entry is allocated to, and in which currency."""

	def entry(self, books: Books, number: int = 1) -> Any:
		return frappe.get_doc("Payment Entry", books.name(f"T-PE-{number}-"))

	def invoice_of(self, books: Books) -> Any:
		return frappe.get_doc("Sales Invoice", books.name("T-SI-"))

	def test_no_more_than_is_outstanding(self) -> None:
		books = Books()
		carry_out(
			books.sales_order(),
			books.invoice(),
			books.payment(30, (books.ref(), 30)),
			books.payment(5, (books.ref(), 5), number=2),
		)
		self.assertEqual((self.entry(books).total_allocated_amount, self.entry(books).unallocated_amount), (24, 6))
		self.assertEqual((self.entry(books, 2).references, self.entry(books, 2).unallocated_amount), ([], 5))
		self.assertEqual((self.invoice_of(books).outstanding_amount, self.invoice_of(books).status), (0, "Paid"))

	def test_fees_come_off_what_arrives(self) -> None:
		books = Books()
		carry_out(books.sales_order(), books.invoice(), books.payment(24, (books.ref(), 24), fee=0.99))
		balance = self.balance(self.entry(books).name)
		debit_to = self.invoice_of(books).debit_to
		self.assertEqual(balance, {cash_account(): 23.01, expense_account(): 0.99, debit_to: -24})
		self.assertEqual(self.invoice_of(books).status, "Paid")

	def test_several_advances_and_one_that_does_not_fit(self) -> None:
		books = Books()
		order = books.ref("Sales Order", "")
		carry_out(books.sales_order(), books.payment(10, (order, 10)), books.payment(7, (order, 7), number=2))
		carry_out(books.payment(9, (order, 9), number=3))
		self.assertEqual((self.entry(books, 3).total_allocated_amount, self.entry(books, 3).unallocated_amount), (7, 2))
		carry_out(books.invoice(allocate_advances_automatically=1, only_include_allocated_payments=1))
		invoice = self.invoice_of(books)
		self.assertEqual((invoice.outstanding_amount, invoice.status, invoice.total_advance), (0, "Paid", 24))
		names = [self.entry(books, number).name for number in (1, 2, 3)]
		self.assertEqual(self.balance(invoice.name, *names)[invoice.debit_to], -2)
		for name in names:
			self.assertEqual(
				{row.reference_doctype for row in frappe.get_doc("Payment Entry", name).references}, {"Sales Invoice"}
			)

	def test_money_paid_back_for_a_credit_note(self) -> None:
		books = Books()
		paid = books.payment(24, (books.ref(), 24))
		back = books.payment(12, (books.ref("Sales Invoice", "/refund/1"), -12), number=2, kind="Pay")
		carry_out(books.sales_order(), books.invoice(), paid, books.credit_note([books.row(qty=-1)], [books.tax(-2)]), back)
		note = frappe.get_doc("Sales Invoice", books.name("T-CN-1-"))
		self.assertEqual((note.grand_total, note.outstanding_amount, self.invoice_of(books).outstanding_amount), (-12, 0, 0))
		everything = (note.name, books.name("T-SI-"), books.name("T-PE-1-"), books.name("T-PE-2-"))
		self.assertEqual(self.balance(*everything).get(note.debit_to, 0), 0)
		self.assertEqual(self.balance(*everything)[cash_account()], 12)

	def test_a_template_that_wants_each_payment_term_by_itself(self) -> None:
		books = Books()
		terms = [make_payment_term(f"{days} days", days) for days in (10, 30)]
		template = frappe.get_doc(
			doctype="Payment Terms Template", template_name=f"T{books.number}", allocate_payment_based_on_payment_terms=1,
			terms=[{"payment_term": term, "invoice_portion": 50, "credit_days": days} for term, days in zip(terms, (10, 30), strict=True)],
		).insert()  # fmt: skip
		frappe.db.set_value("Customer", books.customer, "payment_terms", template.name)
		frappe.db.commit()
		invoice = books.invoice(payment_terms_template=template.name)
		carry_out(
			books.sales_order(), invoice, books.payment(15, (books.ref(), 15)), books.payment(9, (books.ref(), 9), number=2)
		)
		shares = [[(row.payment_term, row.allocated_amount) for row in self.entry(books, number).references] for number in (1, 2)]
		self.assertEqual(shares, [[(terms[0], 12), (terms[1], 3)], [(terms[1], 9)]])
		self.assertEqual((self.invoice_of(books).outstanding_amount, self.invoice_of(books).status), (0, "Paid"))

	def test_cancelling_goes_backwards(self) -> None:
		books = Books()
		carry_out(books.sales_order(), books.invoice(), books.payment(24, (books.ref(), 24)), books.delivery())
		with self.assertRaises(frappe.LinkExistsError):
			carry_out(CancelDocument("Sales Order", books.name("T-SO-")))
		names = [("Payment Entry", "T-PE-1-"), ("Delivery Note", "T-DN-1-"), ("Sales Invoice", "T-SI-"), ("Sales Order", "T-SO-")]
		carry_out(*(CancelDocument(doctype, books.name(prefix)) for doctype, prefix in names))
		for doctype, prefix in names:
			self.assertEqual(frappe.db.get_value(doctype, books.name(prefix), "docstatus"), 2)

	def test_an_invoice_with_a_payment_can_be_cancelled(self) -> None:
		books = Books()
		carry_out(books.sales_order(), books.invoice(), books.payment(24, (books.ref(), 24)))
		carry_out(CancelDocument("Sales Invoice", books.name("T-SI-")))
		self.assertEqual(self.entry(books).unallocated_amount, 24)


class TestCurrencies(DocumentsCase):
	"""An order in euros, a company that is not: accounts in either currency."""

	RATE = 1.25

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		frappe.db.set_value("Currency", "EUR", "enabled", 1)
		setting = "allow_multi_currency_invoices_against_single_party_account"
		frappe.db.set_single_value("Accounts Settings", setting, 1)
		cls.addClassCleanup(frappe.db.set_single_value, "Accounts Settings", setting, 0)
		cls.receivable = make_account("Debtors EUR", "Receivable", "EUR")
		cls.bank = make_account("Cash EUR", "Cash", "EUR")
		frappe.db.commit()

	def order(self, **more: Any) -> Books:
		books = Books(currency="EUR", conversion_rate=self.RATE, **more)
		carry_out(books.sales_order(), books.invoice())
		return books

	def paid(self, books: Books, **how: Any) -> Any:
		carry_out(books.payment(30, (books.ref(), 30), order=(24, "EUR", self.RATE), **how))
		invoice = frappe.get_doc("Sales Invoice", books.name("T-SI-"))
		self.assertEqual((invoice.outstanding_amount, invoice.status), (0, "Paid"))
		entry = frappe.get_doc("Payment Entry", books.name("T-PE-1-"))
		self.assertEqual((entry.base_paid_amount, entry.base_received_amount, entry.difference_amount), (30, 30, 0))
		return entry

	def test_both_accounts_in_the_companys(self) -> None:
		entry = self.paid(self.order())
		self.assertEqual((entry.paid_amount, entry.received_amount), (30, 30))

	def test_the_money_account_in_the_orders(self) -> None:
		entry = self.paid(self.order(), account=self.bank)
		self.assertEqual((entry.paid_amount, entry.received_amount, entry.target_exchange_rate), (30, 24, self.RATE))

	def test_both_accounts_in_the_orders(self) -> None:
		entry = self.paid(self.order(debit_to=self.receivable), account=self.bank)
		self.assertEqual((entry.paid_amount, entry.received_amount, entry.source_exchange_rate), (24, 24, self.RATE))

	def test_the_receivable_in_the_orders_and_a_fee(self) -> None:
		books = self.order(debit_to=self.receivable)
		carry_out(books.payment(30, (books.ref(), 30), fee=1, order=(23.2, "EUR", self.RATE)))
		invoice = frappe.get_doc("Sales Invoice", books.name("T-SI-"))
		self.assertEqual((invoice.outstanding_amount, invoice.status), (0, "Paid"))
		self.assertEqual(self.balance(books.name("T-PE-1-")), {cash_account(): 29, expense_account(): 1, self.receivable: -30})

	def test_a_third_currency_is_refused(self) -> None:
		books = self.order()
		with self.assertRaisesRegex(SyncFailure, "is kept in EUR; the payment is in"):
			carry_out(books.payment(30, (books.ref(), 30), account=self.bank))


def make_payment_term(name: str, days: int) -> str:
	"""Make sure that a Payment Term exists."""
	if not frappe.db.exists("Payment Term", name):
		frappe.get_doc(doctype="Payment Term", payment_term_name=name, invoice_portion=50, credit_days=days).insert()
	return name


def make_account(name: str, kind: str, currency: str, root_type: str | None = None) -> str:
	"""Make sure that an account of the company exists in a currency."""
	abbr = frappe.db.get_value("Company", site.company(), "abbr")
	if not frappe.db.exists("Account", f"{name} - {abbr}"):
		beside = {"company": site.company(), "is_group": 0}
		beside |= {"root_type": root_type} if root_type else {"account_type": kind}
		parent = frappe.db.get_value("Account", beside, "parent_account")
		values = {"account_name": name, "parent_account": parent, "company": site.company(), "account_type": kind}
		frappe.get_doc({"doctype": "Account", "account_currency": currency, **values}).insert()
		frappe.db.commit()
	return f"{name} - {abbr}"


class TestSalesOrders(DocumentsCase):
	"""Submit, revise, close, open again, update, amend."""

	def booked(self, items: list[dict[str, Any]] | None = None) -> tuple[Books, Any]:
		books = Books()
		carry_out(books.sales_order(items))
		return books, frappe.get_doc("Sales Order", {"shopify_key": books.key})

	def revised(self, books: Books, items: list[dict[str, Any]], tax: float, total: float) -> Any:
		change = ReviseDocument(
			"Sales Order", books.name("T-SO-"), tuple(items), (books.tax(tax),), {"total": "24"}, {"total": str(total)},
			expect_total=Decimal(str(total)),
		)  # fmt: skip
		applied = carry_out(change)[0]
		self.assertEqual((applied.action, applied.fields), ("revise", (("total", "24", str(total)),)))
		return frappe.get_doc("Sales Order", books.name("T-SO-"))

	def reserved(self, item: str) -> float:
		return frappe.db.get_value("Bin", {"item_code": item}, "reserved_qty") or 0

	def test_a_draft_is_submitted(self) -> None:
		books = Books()
		change = books.sales_order()
		carry_out(replace(change, submit=False))
		name = books.name("T-SO-")
		with self.assertRaisesRegex(SyncFailure, "Shopify states 25"):
			carry_out(SubmitDocument("Sales Order", name, expect_total=Decimal(25)))
		carry_out(SubmitDocument("Sales Order", name, expect_total=Decimal(24)))
		self.assertEqual(frappe.db.get_value("Sales Order", name, ["docstatus", "status"]), (1, "To Deliver and Bill"))

	def test_rows_are_added_changed_and_removed(self) -> None:
		item = site.make_item(f"REV-{site.fresh_id()}")
		books, order = self.booked([Books().row("1", qty=2), Books().row("2", item, qty=3, rate=5)])
		first = order.items[0].name
		new = books.row("3", "MUG-1", qty=1, rate=7, description="A mug, green", delivery_date=nowdate())
		order = self.revised(books, [books.row("1", qty=1, rate=9), new], 3.2, 19.2)
		self.assertEqual(
			[(row.shopify_line_item_id, row.item_code, row.qty, row.rate, row.warehouse) for row in order.items],
			[("1", "TEE-M", 1, 9, books.warehouse), ("3", "MUG-1", 1, 7, books.warehouse)],
		)
		self.assertEqual((order.items[0].name, order.items[1].description), (first, "A mug, green"))
		self.assertEqual((self.reserved(item), order.status), (0, "To Deliver and Bill"))
		self.assertEqual([row.tax_amount for row in order.taxes], [3.2])
		self.assertEqual(sum(row.payment_amount for row in order.payment_schedule), 19.2)

	def test_a_line_that_was_removed_comes_back(self) -> None:
		books, _order = self.booked()
		self.revised(books, [books.row("2", "MUG-1", qty=1, rate=5)], 1, 6)
		order = self.revised(books, [books.row("2", "MUG-1", qty=1, rate=5), books.row("1", qty=2, rate=10)], 5, 30)
		self.assertEqual([row.idx for row in order.items], [1, 2])

	def test_the_total_must_be_shopifys(self) -> None:
		books, _order = self.booked()
		with self.assertRaisesRegex(SyncFailure, "Shopify states 30"):
			self.revised(books, [books.row("1", qty=1)], 4, 30)
		self.assertEqual(frappe.db.get_value("Sales Order", books.name("T-SO-"), "grand_total"), 24)

	def test_what_was_delivered_cannot_go(self) -> None:
		books, _order = self.booked()
		carry_out(books.delivery())
		with self.assertRaises(frappe.ValidationError):
			self.revised(books, [books.row("2", "MUG-1", qty=1, rate=5)], 1, 6)

	def test_more_of_an_invoiced_order(self) -> None:
		books, _order = self.booked()
		carry_out(books.invoice())
		order = self.revised(books, [books.row("1", qty=2), books.row("2", "MUG-1", qty=1, rate=5)], 5, 30)
		self.assertEqual((order.status, round(order.per_billed)), ("To Deliver and Bill", 80))
		second = books.invoice([books.row("2", "MUG-1", qty=1, rate=5)], [books.tax(1)])
		carry_out(replace(second, key=f"{books.key}/invoice/2", name=f"{second.name}-2", expect_total=Decimal(6)))
		self.assertEqual(frappe.db.get_value("Sales Order", order.name, ["per_billed", "status"]), (100, "To Deliver"))

	def test_closed_and_open_again(self) -> None:
		item = site.make_item(f"CLOSE-{site.fresh_id()}")
		books, order = self.booked([Books().row("1", item)])
		self.assertEqual(self.reserved(item), 2)
		applied = carry_out(CloseDocument("Sales Order", order.name))[0]
		self.assertEqual(applied.fields, (("status", "To Deliver and Bill", "Closed"),))
		self.assertEqual((self.reserved(item), frappe.db.get_value("Sales Order", order.name, "status")), (0, "Closed"))
		carry_out(ReopenDocument("Sales Order", order.name))
		self.assertEqual(
			(self.reserved(item), frappe.db.get_value("Sales Order", order.name, "status")), (2, "To Deliver and Bill")
		)

	def test_only_what_may_change_of_a_submitted_document_does(self) -> None:
		books, _order = self.booked()
		carry_out(books.delivery())
		after = {"shopify_tracking_number": "1Z999", "shopify_tracking_url": "https://example.com/1Z999", "customer": "Nobody"}
		applied = carry_out(UpdateDocument("Delivery Note", books.name("T-DN-1-"), {}, after))[0]
		self.assertEqual(dict((name, new) for name, _old, new in applied.fields), {name: after[name] for name in list(after)[:2]})
		self.assertEqual(frappe.db.get_value("Delivery Note", books.name("T-DN-1-"), "shopify_tracking_number"), "1Z999")

	def test_a_cancelled_order_is_amended_under_its_key(self) -> None:
		books, order = self.booked()
		order.cancel()
		frappe.db.commit()
		change = books.sales_order()
		carry_out(replace(change, name=f"{change.name}-1", values={**change.values, "amended_from": order.name}))
		amended = frappe.get_doc("Sales Order", {"shopify_key": books.key})
		self.assertEqual((amended.amended_from, amended.status, amended.docstatus), (order.name, "To Deliver and Bill", 1))
		self.assertIsNone(frappe.db.get_value("Sales Order", order.name, "shopify_key"))

	def test_documents_of_a_day_gone_by_and_their_returns_on_the_same_day(self) -> None:
		books, day = Books(), add_days(nowdate(), -2)
		back = books.credit_note([books.row(qty=-1)], [books.tax(-2)], posting_date=day, due_date=day)
		goods = books.goods_back([books.row(qty=-1)], posting_date=day)
		carry_out(
			books.sales_order(), books.invoice(posting_date=day, due_date=day), back, books.delivery(posting_date=day), goods
		)
		for doctype, prefix in (("Sales Invoice", "T-CN-1-"), ("Delivery Note", "T-DN-1-"), ("Delivery Note", "T-RDN-")):
			self.assertEqual(str(frappe.db.get_value(doctype, books.name(prefix), "posting_date")), day)


class _Names(dict):
	"""Finds the document that a key stands for, as `created` would."""

	def __missing__(self, key: str) -> str:
		doctypes = ("Sales Order", "Sales Invoice", "Delivery Note", "Payment Entry", "Customer")
		return next(name for doctype in doctypes if (name := frappe.db.get_value(doctype, {"shopify_key": key})))


def _names_of(ours: Books, twin: Books) -> dict[str, str]:
	return {str(twin.number): str(ours.number), twin.customer: ours.customer}


def _swapped(value: Any, swap: dict[str, str]) -> Any:
	if isinstance(value, str):
		for old, new in swap.items():
			value = value.replace(old, new)
		return value
	if isinstance(value, list):
		return [_swapped(inner, swap) for inner in value]
	if isinstance(value, dict):
		return {name: _swapped(inner, swap) for name, inner in value.items()}
	return value


#: Names of rows, which differ by nature.
_ROW_NAMES = ("so_detail", "dn_detail", "sales_invoice_item", "si_detail", "reference_row", "against_row")


def _comparable(doc: Any, swap: dict[str, str]) -> dict[str, Any]:
	values = doc.as_dict(no_default_fields=False)
	return _swapped(
		{name: _rows(value) if isinstance(value, list) else value for name, value in values.items() if name not in _OWN}, swap
	)


def _rows(rows: list[Any]) -> list[dict[str, Any]]:
	return [_row(row) for row in rows]


def _row(row: Any) -> dict[str, Any]:
	# What an invoice owed while each of several advances was set off against it: a note of ERPNext's, not a balance.
	skipped = {*_OWN, "outstanding_amount"} if row.doctype == "Payment Entry Reference" else _OWN
	return {name: bool(value) if name in _ROW_NAMES else value for name, value in row.items() if name not in skipped}


class TestTransaction(SyncTestCase):
	"""What a transaction of the engine's leaves behind in its process."""

	def test_a_commit_that_fails_keeps_no_realtime_message_back(self) -> None:
		def refuse() -> None:
			raise frappe.QueryDeadlockError("somebody else's row")

		with self.assertRaises(frappe.QueryDeadlockError), FrappeHost().transaction():
			frappe.publish_realtime("shopify_sync_test", {"number": 1}, after_commit=True)
			frappe.db.before_commit.add(refuse)
		self.assertFalse(hasattr(frappe.local, "_realtime_log"))
