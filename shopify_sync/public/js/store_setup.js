// The form of a Shopify Store shows how far its set-up is, as long as a step is open. Needs store_health.js.

{
	const CLASS = "shopify-set-up";

	const show = async (frm) => {
		if (frm.is_new()) return;
		const name = frm.doc.name;
		const { stores } = await frappe.xcall("shopify_sync.api.onboarding.steps", { store: name });
		const steps = stores[0];
		// Meanwhile the form may show another store, or have been refreshed once more.
		if (!steps || frm.doc.name !== name) return;
		frm.layout.wrapper.find(`.${CLASS}`).remove();
		if (steps.done >= steps.needed) return;
		const { STYLE, steps_html, listen } = shopify_sync.store_health;
		const html = `${STYLE}<div class="shopify-health sh-alone">${steps_html(steps, steps.done < 3)}</div>`;
		const section = frm.dashboard.add_section(html, __("Set-up"), CLASS);
		frm.dashboard.show();
		listen($(section).get(0));
	};

	frappe.ui.form.on("Shopify Store", { refresh: show });
}
