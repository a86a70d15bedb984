// node -r: socket.io listens on 127.0.0.1 instead of every interface of the machine.
const net = require("net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (first, ...rest) {
	const bare_port = typeof first === "number" && typeof rest[0] !== "string";
	return bare_port ? listen.call(this, first, "127.0.0.1", ...rest) : listen.call(this, first, ...rest);
};
