// node -r: socket.io listens on 127.0.0.1 instead of every interface of the machine, and finds *.localhost there,
// as browsers do: it asks the site's web server who a browser is.
const net = require("net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (first, ...rest) {
	const bare_port = typeof first === "number" && typeof rest[0] !== "string";
	return bare_port ? listen.call(this, first, "127.0.0.1", ...rest) : listen.call(this, first, ...rest);
};

const dns = require("dns");
const lookup = dns.lookup;
dns.lookup = (host, ...rest) => lookup.call(dns, /(^|\.)localhost$/.test(host) ? "127.0.0.1" : host, ...rest);
