// Preload (`node --import ./loopback.mjs …`) that keeps a server under test on this machine.
// server-everything listens on all interfaces and has no option for it; a test must not open a
// door to the network while it runs.
import net from 'node:net';

const HOST = '127.0.0.1';
const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (...args) {
  const [first, second] = args;
  const isPort = typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first));
  if (isPort) {
    if (typeof second === 'string') args[1] = HOST;
    else args.splice(1, 0, HOST);
  } else if (first !== null && typeof first === 'object' && first.port !== undefined) {
    args[0] = { ...first, host: HOST };
  }
  return listen.apply(this, args);
};
