// Preload (node --import): gives a Node program that knows nothing of tokens an Authorization
// header. PORTCULLIS_TOKEN is the token, PORTCULLIS_URL any address at the origin it is for. Requests
// to other origins, and requests that bring their own Authorization, stay as they are.
import diagnostics from 'node:diagnostics_channel';
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';

const { PORTCULLIS_TOKEN: token, PORTCULLIS_URL: url } = process.env;
if (!token || !url) throw new Error('with-token.mjs needs PORTCULLIS_TOKEN and PORTCULLIS_URL');
const origin = new URL(url).origin;
const authorization = `Bearer ${token}`;

const isAuthorization = (name) => String(name).toLowerCase() === 'authorization';

// fetch and undici, whichever copy of undici a program brings, announce each request here.
diagnostics.subscribe('undici:request:create', ({ request }) => {
  const named = request.headers.some((name, index) => index % 2 === 0 && isAuthorization(name));
  if (!named && new URL(request.origin).origin === origin) {
    request.addHeader('authorization', authorization);
  }
});

// node:http announces a request too late for its headers, so its functions are wrapped.
for (const [scheme, module] of [['http:', http], ['https:', https]]) {
  for (const name of ['request', 'get']) {
    const plain = module[name];
    module[name] = (...parameters) => plain(...edited(scheme, parameters));
  }
}
syncBuiltinESMExports();

// The parameters are (address, options?, callback?) or (options, callback?).
function edited(scheme, [first, ...rest]) {
  const address = typeof first === 'string' || first instanceof URL ? new URL(first) : undefined;
  const optionsComeNext = address && typeof rest[0] !== 'function';
  const options = address ? (optionsComeNext && rest.shift()) || {} : first;
  const headers = withAuthorization(options.headers ?? {});
  const same = headers && destination(scheme, address, options) === origin;
  const changed = same ? { ...options, headers } : options;
  return address ? [address, changed, ...rest] : [changed, ...rest];
}

// Where a request goes. Its Host header is left out: it may say something else on purpose.
function destination(scheme, address, options) {
  const host = options.hostname ?? options.host ?? address?.hostname ?? 'localhost';
  const port = options.port ?? address?.port ?? '';
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return new URL(`${options.protocol ?? address?.protocol ?? scheme}//${bracketed}:${port}`).origin;
}

// Headers are an object, or a list of names and values in turn. Nothing when one is there already.
function withAuthorization(headers) {
  if (Array.isArray(headers)) {
    const named = headers.flat().some((name, index) => index % 2 === 0 && isAuthorization(name));
    return named ? undefined : [...headers.flat(), 'authorization', authorization];
  }
  return Object.keys(headers).some(isAuthorization) ? undefined : { ...headers, authorization };
}
