"""Errors as the Admin API words them. Everything about a query is answered with HTTP 200 and top-level `errors`."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError

#: What the body of a 401 and of a 404 says.
UNAUTHORIZED = {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
NOT_FOUND = {"errors": "Not Found"}
COST_HELP = "https://shopify.dev/api/usage/limits#rate-limits"
ACCESS_HELP = "https://shopify.dev/api/usage/access-scopes"
PROTECTED_HELP = "https://shopify.dev/docs/apps/launch/protected-customer-data"


class ApiError(GraphQLError):
	"""An error of one field: that field becomes null, the others are answered. *code* stands in `extensions.code`."""

	def __init__(self, message: str, code: str | None = None, **extensions: Any) -> None:
		super().__init__(message, extensions={"code": code, **extensions} if code else extensions)


class NotImplementedHere(ApiError):
	"""Shopify can do this, the simulator cannot. It never answers null for what it does not know."""

	def __init__(self, what: str) -> None:
		super().__init__(f"The simulator does not implement {what}", "SIMULATOR_NOT_IMPLEMENTED", what=what)


def access_denied(field: str, required: str) -> ApiError:
	"""Return what Shopify says when the token lacks a scope; *required* is its own sentence."""
	return ApiError(
		f"Access denied for {field} field. Required access: {required}",
		"ACCESS_DENIED",
		documentation=ACCESS_HELP,
		requiredAccess=required,
	)


def unapproved(field: str) -> ApiError:
	"""Return what Shopify says when the app may not read protected customer data of that kind."""
	message = f"This app is not approved to use the {field} field. See {PROTECTED_HELP} for more details."
	return ApiError(message, "ACCESS_DENIED", documentation=PROTECTED_HELP)


def bad_request(message: str) -> ApiError:
	"""Return an error for an argument that is valid GraphQL and nonsense."""
	return ApiError(message, "BAD_REQUEST")


def throttled() -> dict[str, Any]:
	"""Return the error for an empty bucket."""
	return {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": COST_HELP}}


def too_expensive(cost: int, limit: int) -> dict[str, Any]:
	"""Return the error for a query above the limit of a single one."""
	message = (
		f"Query cost is {cost}, which exceeds the single query max cost limit ({limit}).\n\n"
		f"See {COST_HELP} for more information on how the cost of a query is calculated.\n\n"
		"To query larger amounts of data with fewer limits, bulk operations should be used instead.\n"
		"See https://shopify.dev/api/usage/bulk-operations/queries for usage details.\n"
	)
	extensions = {"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": limit, "documentation": COST_HELP}
	return {"message": message, "extensions": extensions}
