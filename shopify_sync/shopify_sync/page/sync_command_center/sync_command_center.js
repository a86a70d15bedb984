// The page where an operator sees whether the stores and ERPNext agree, and acts. One subject per file.

{% include "shopify_sync/public/js/preview.js" %}
{% include "shopify_sync/public/js/story.js" %}
{% include "shopify_sync/public/js/comparison.js" %}
{% include "shopify_sync/public/js/command_center/words.js" %}
{% include "shopify_sync/public/js/command_center/server.js" %}
{% include "shopify_sync/public/js/command_center/filters.js" %}
{% include "shopify_sync/public/js/command_center/filter_panel.js" %}
{% include "shopify_sync/public/js/command_center/views.js" %}
{% include "shopify_sync/public/js/command_center/answer.js" %}
{% include "shopify_sync/public/js/command_center/health.js" %}
{% include "shopify_sync/public/js/command_center/selection.js" %}
{% include "shopify_sync/public/js/command_center/actions.js" %}
{% include "shopify_sync/public/js/command_center/running.js" %}
{% include "shopify_sync/public/js/command_center/store_actions.js" %}
{% include "shopify_sync/public/js/command_center/keyed.js" %}
{% include "shopify_sync/public/js/command_center/event_list.js" %}
{% include "shopify_sync/public/js/command_center/event_panel.js" %}
{% include "shopify_sync/public/js/command_center/fixes.js" %}
{% include "shopify_sync/public/js/command_center/group_row.js" %}
{% include "shopify_sync/public/js/command_center/groups.js" %}
{% include "shopify_sync/public/js/command_center/operations.js" %}
{% include "shopify_sync/public/js/command_center/holds.js" %}
{% include "shopify_sync/public/js/command_center/keyboard.js" %}
{% include "shopify_sync/public/js/command_center/live.js" %}
{% include "shopify_sync/public/js/command_center/page.js" %}

frappe.pages["sync-command-center"].on_page_load = (wrapper) => {
	wrapper.command_center = new shopify_sync.command_center.Page(wrapper);
};

frappe.pages["sync-command-center"].on_page_show = (wrapper) => wrapper.command_center.shown();
