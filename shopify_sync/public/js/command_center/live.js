// Keeping the page true: by realtime events where socket.io is connected, else by looking every 15 seconds.

(() => {
	const cc = shopify_sync.command_center;
	const AT_MOST_EVERY_MS = 2000;
	//: The server tells of the first change of a second only: what follows within it is waited for.
	const FIRST_AFTER_MS = 1000;
	//: Where it is told of changes: a message may be lost.
	const LOOK_ANYWAY_MS = 60000;
	const SETTLED_AFTER_MS = 6000;
	const LOOK_EVERY_MS = 15000;

	cc.Live = class Live {
		constructor(app) {
			this.app = app;
			this.last = 0;
			frappe.realtime.on("shopify_sync_changed", ({ store } = {}) => this.changed(store));
			frappe.realtime.on("shopify_sync_operation", (operation) => this.operation(operation));
			setInterval(() => this.tick(), LOOK_EVERY_MS);
			document.addEventListener("visibilitychange", () => this.seen());
		}

		get is_connected() {
			return !!frappe.realtime.socket?.connected;
		}

		// A page that nobody looks at asks nothing; it looks once when it is seen again.
		get is_seen() {
			return this.app.is_shown && document.visibilityState === "visible";
		}

		changed(store) {
			const wanted = this.app.filters.values.store;
			if (wanted && store && store !== wanted) return;
			this.soon();
		}

		operation(operation) {
			this.app.running.told(operation);
			if (!cc.is_under_way(operation)) this.soon();
		}

		soon() {
			if (!this.is_seen) return (this.missed = true);
			if (this.timer) return undefined;
			const wait = Math.max(FIRST_AFTER_MS, AT_MOST_EVERY_MS - (Date.now() - this.last));
			this.timer = setTimeout(() => this.now(), wait);
		}

		now() {
			clearTimeout(this.timer);
			this.timer = null;
			this.missed = false;
			this.last = Date.now();
			this.settle();
			this.app.running.look();
			return this.app.refresh();
		}

		// The stores' figures may be some seconds old: after the last change they are looked at once more.
		settle() {
			clearTimeout(this.settling);
			this.settling = setTimeout(() => this.is_seen && this.app.refresh(), SETTLED_AFTER_MS);
		}

		tick() {
			this.app.show_stamp();
			const due = this.is_connected ? LOOK_ANYWAY_MS : 0;
			if (this.is_seen && Date.now() - this.last >= due) this.app.refresh();
		}

		seen() {
			if (this.is_seen && (this.missed || Date.now() - this.last > LOOK_EVERY_MS)) this.now();
		}

		says() {
			return this.is_connected ? __("live") : __("looks every {0} s", [LOOK_EVERY_MS / 1000]);
		}
	};
})();
