"""The shop itself (https://shopify.dev/docs/api/admin-rest/latest/resources/shop)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .values import stamp, whole

if TYPE_CHECKING:
	from ..shop.shop import Shop


def payload(shop: Shop, _same: Shop) -> dict[str, Any]:
	"""Return the shop, as app/uninstalled and shop.json carry it. Its address is made up."""
	created = stamp(shop, shop.created_at)
	location = next(iter(shop.locations.all), None)
	return {
		"id": int(shop.id),
		"name": shop.name,
		"email": shop.email,
		"domain": shop.domain,
		"province": "Ontario",
		"country": "CA",
		"address1": "1 Example Street",
		"zip": "K1A 0A1",
		"city": "Ottawa",
		"source": None,
		"phone": "",
		"latitude": None,
		"longitude": None,
		"primary_locale": "en",
		"address2": None,
		"created_at": created,
		"updated_at": created,
		"country_code": "CA",
		"country_name": "Canada",
		"currency": shop.currency,
		"customer_email": shop.email,
		"timezone": f"(GMT) {shop.time_zone}",
		"iana_timezone": shop.time_zone,
		"shop_owner": "Sam Example",
		"money_format": "{{amount}}",
		"money_with_currency_format": f"{{{{amount}}}} {shop.currency}",
		"weight_unit": "kg",
		"province_code": "ON",
		"taxes_included": shop.taxes_included,
		"auto_configure_tax_inclusivity": None,
		"tax_shipping": True,
		"county_taxes": True,
		"plan_display_name": shop.plan.title(),
		"plan_name": shop.plan,
		"has_discounts": False,
		"has_gift_cards": True,
		"myshopify_domain": shop.domain,
		"google_apps_domain": None,
		"google_apps_login_enabled": None,
		"money_in_emails_format": "{{amount}}",
		"money_with_currency_in_emails_format": f"{{{{amount}}}} {shop.currency}",
		"eligible_for_payments": True,
		"requires_extra_payments_agreement": False,
		"password_enabled": False,
		"has_storefront": True,
		"finances": True,
		"primary_location_id": whole(location),
		"checkout_api_supported": True,
		"multi_location_enabled": True,
		"setup_required": False,
		"pre_launch_enabled": False,
		"enabled_presentment_currencies": [shop.currency],
		"marketing_sms_consent_enabled_at_checkout": False,
		"transactional_sms_disabled": False,
	}


def redacted(shop: Shop, _same: Shop) -> dict[str, Any]:
	"""Return what shop/redact tells, 48 hours after an uninstall."""
	return {"shop_id": int(shop.id), "shop_domain": shop.domain}
