"""The shape of a report's answer: columns, rows, chart and cards, as Frappe's query reports take them.

A mail of Auto Email Report shows the rows and nothing else: no message, no chart, no cards. So every report says in rows of its
own how much was compared; a report without rows would be taken for good news.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from frappe import _

Column = dict[str, Any]
Row = dict[str, Any]
#: Columns, rows, message, chart, cards: what `execute` of a script report returns.
Answer = tuple[list[Column], list[Row], str, dict[str, Any] | None, list[dict[str, Any]]]

#: The colors that a card can have on 15 and 16.
GOOD, BAD, NEUTRAL = "Green", "Red", "Blue"
#: Labels that find room below a chart, if they are dates; more of them must be short, or the Desk cuts every one of them off.
ROOM = 12
#: Of these a mail would show "0" or "None" where there is nothing to show.
_EMPTY: Mapping[str, Any] = {"Float": 0.0, "Int": None}


def column(fieldname: str, label: str, fieldtype: str = "Data", width: int = 120, options: str | None = None) -> Column:
	"""Return one column. Times are texts (see `moment`): a mail writes "None" into an empty Datetime.

	A Link is for doctypes that everybody may read who may read the report: Frappe refuses the whole report otherwise, as soon as a
	row has a value there (`frappe.desk.query_report.get_filtered_data`). ERPNext's documents are Dynamic Links.
	"""
	made: Column = {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": width}
	if options:
		made["options"] = options
	if fieldtype == "Data":
		made["align"] = "left"  # a table aligns by its first row otherwise, and some texts are numbers
	if fieldtype == "Float":
		made |= {"precision": 2, "print_hide_if_no_value": 1}
	return made


def rows(columns: Sequence[Column], values: Iterable[Mapping[str, Any]]) -> list[Row]:
	"""Return every row with every column, and texts without markup: what Shopify calls something is shown as text."""
	return [_row(columns, one) for one in values]


def _row(columns: Sequence[Column], values: Mapping[str, Any]) -> Row:
	row: Row = {"bold": int(bool(values.get("bold")))}
	for made in columns:
		value = values.get(made["fieldname"])
		row[made["fieldname"]] = _EMPTY.get(made["fieldtype"], "") if value is None else plain(value)
		if made["fieldtype"] == "Dynamic Link":  # what it leads to need not be a column
			row[made["options"]] = values.get(made["options"]) or ""
	return row


def plain(value: Any) -> Any:
	"""Return a text that neither the Desk nor a mail takes for markup; anything else as it is."""
	return value.replace("<", "&lt;") if isinstance(value, str) else value


def moment(value: datetime | None) -> str:
	"""Return a time of the site's zone as a text that sorts."""
	return value.strftime("%Y-%m-%d %H:%M") if value else ""


def card(label: str, value: Any, indicator: str = NEUTRAL, datatype: str = "Int") -> dict[str, Any]:
	"""Return a card above the report."""
	return {"label": label, "value": value, "indicator": indicator, "datatype": datatype}


def chart(
	labels: Sequence[str], datasets: Mapping[str, Sequence[float]], kind: str = "bar", colors: Sequence[str] = (), **more: Any
) -> dict[str, Any] | None:
	"""Return a chart of one or more series, *kind* bar or line; None where there is nothing to draw."""
	if not labels or not any(any(values) for values in datasets.values()):
		return None
	data = {"labels": list(labels), "datasets": [{"name": name, "values": list(values)} for name, values in datasets.items()]}
	if len(labels) == 1:
		kind = "bar"  # a line of one point is not drawn
	made = {"data": data, "type": kind, "height": 240, **more}
	if colors:
		made["colors"] = list(colors)
	if kind == "line":
		made["lineOptions"] = {"hideDots": int(len(labels) > 31), "regionFill": 0}
	return made


def ticks(moments: Sequence[date], pattern: str, short: str = "%d") -> list[str]:
	"""Return the labels of a chart over time: by *pattern*, or *short* where there are too many."""
	return [moment.strftime(pattern if len(moments) <= ROOM else short) for moment in moments]


def counts_text(counts: Mapping[str, int]) -> str:
	"""Return counts as one line, the largest first: `Stock 3, Total 1`."""
	ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
	return ", ".join(f"{_(name)} {number}" for name, number in ordered if number)
