// The module that Envoy loads, in V8 with a host of our own: start-up, memory, and how long the way
// back takes a message. `node --no-liftoff filter.mjs MODULE CORPUS BUDGET_MS CASES SIZES`, with the
// messages in CORPUS as `CASE-SIZE.json`. Prints one JSON object a line.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Vm, encode } from './proxy.mjs';

const [module, corpus, budget, cases, sizes] = process.argv.slice(2);
const PASSES_MAX = 2000;
// However long they take, up to so many budgets: one pass alone may have waited for another program.
const PASSES_MIN = 7;
const PATIENCE = 50;
const STARTS = 5;

const CONFIGURATION = JSON.stringify({
  policy_server: { cluster: 'portcullis', timeout_ms: 2000 },
  servers: [{
    name: 'demo', path: '/demo/mcp', cluster: 'mcp-demo', upstream_path: '/mcp', upstream_authority: '127.0.0.1:9000',
  }],
  hosts: ['localhost:1'],
  identity: { provider_metadata: 'jwt_payload', roles_claim: 'roles', agent_claim: 'agent' },
  resource_metadata: 'http://localhost:1/.well-known/oauth-protected-resource',
});
const PROPERTIES = [[
  'metadata/filter_metadata/envoy.filters.http.jwt_authn/jwt_payload',
  encode([['iss', 'https://issuer.example'], ['sub', 'alice'], ['roles', encode([['developer', '']])]]),
]];
const RULES = `sha256:${'1'.repeat(64)}`;
const POLICIES = `sha256:${'2'.repeat(64)}`;
const POLICY = {
  '/v1/decide': ({ call, digest }) => ({
    call, digest, policies: POLICIES, epoch: POLICIES, verdict: { outcome: 'allow', redaction: { rules: RULES } },
  }),
  '/v1/redaction': ({ call }) => ({
    call, digest: RULES, rules: {}, tenant: 'default', keys: { marks: '07'.repeat(32) },
  }),
  '/v1/structured': ({ call, digest }) => ({ call, digest, fit: 'fits' }),
  '/v1/outcomes': ({ reports }) => ({ accepted: reports.length }),
};
const REQUEST = Buffer.from(JSON.stringify({
  jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: { text: 'hello' } },
}));
const REQUEST_HEADERS = [
  [':method', 'POST'], [':path', '/demo/mcp'], [':authority', 'localhost:1'], [':scheme', 'http'],
  ['content-type', 'application/json'], ['accept', 'application/json, text/event-stream'],
  ['content-length', String(REQUEST.length)],
];

const message = (name, size) => readFileSync(join(corpus, `${name}-${size}.json`));
const print = line => process.stdout.write(`${JSON.stringify({ world: 'filter', ...line })}\n`);
const least = list => list.reduce((a, b) => Math.min(a, b), Infinity);

function timed(work) {
  const begin = process.hrtime.bigint();
  const made = work();
  return [made, Number(process.hrtime.bigint() - begin) / 1e6];
}

const exchange = (vm, responseBody) => vm.exchange({
  requestHeaders: REQUEST_HEADERS,
  requestBody: REQUEST,
  responseHeaders: [
    [':status', '200'], ['content-type', 'application/json'], ['content-length', String(responseBody.length)],
  ],
  responseBody,
});

function become(sent, { body }) {
  if (body.equals(sent)) return 'same';
  return body.includes('withheld') || body.includes('"isError":true') ? 'withheld' : 'changed';
}

const [compiled, compileMs] = timed(() => new WebAssembly.Module(readFileSync(module)));
const start = () => new Vm(compiled, { properties: PROPERTIES, policy: POLICY });
const configured = () => {
  const vm = start();
  vm.configure(CONFIGURATION);
  return vm;
};

/** The first VM compiles code as it goes; a later one, as another worker's, finds it compiled. */
function startUp() {
  const small = message('clean', 1500);
  const rows = Array.from({ length: STARTS }, () => {
    const [vm, instantiateMs] = timed(start);
    const [, configureMs] = timed(() => vm.configure(CONFIGURATION));
    const [, firstMs] = timed(() => exchange(vm, small));
    return { instantiateMs, configureMs, firstMs };
  });
  const [first, ...later] = rows;
  const best = key => least(later.map(row => row[key]));
  print({
    part: 'start', v8: process.versions.v8, module_compile_ms: compileMs,
    instantiate_ms: first.instantiateMs, configure_ms: first.configureMs, first_exchange_ms: first.firstMs,
    later_instantiate_ms: best('instantiateMs'), later_configure_ms: best('configureMs'),
    later_first_exchange_ms: best('firstMs'),
  });
}

function memory() {
  const vm = start();
  const step = name => print({ part: 'memory', step: name, bytes: vm.memory });
  step('instantiated');
  vm.configure(CONFIGURATION);
  step('configured');
  for (const [name, size, count] of [
    ['dirty', 1500, 100], ['dirty', 65536, 100], ['dirty', 1048576, 1], ['dirty', 4194304, 1],
  ]) {
    const body = message(name, size);
    for (let n = 0; n < count; n += 1) exchange(vm, body);
    step(`${count} x ${size}`);
  }
}

function response(vm, name, size) {
  const body = message(name, size);
  const first = exchange(vm, body);
  const begin = performance.now();
  const within = pass => performance.now() - begin < Number(budget) * (pass < PASSES_MIN ? PATIENCE : 1);
  let us = first.us;
  for (let pass = 0; pass < PASSES_MAX && within(pass); pass += 1) {
    us = Math.min(us, exchange(vm, body).us);
  }
  print({ part: 'response', case: name, size: Number(size), bytes: body.length, response_us: us, became: become(body, first) });
}

startUp();
memory();
const vm = configured();
for (const size of sizes.split(',')) {
  for (const name of cases.split(',')) response(vm, name, size);
}
