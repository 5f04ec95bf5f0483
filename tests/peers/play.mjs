// The TypeScript SDK plays one server: the same as play.py, whose usage says what goes in and out.
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const LIMIT_MS = 120_000;
/** The pinned clients are installed in tests/tools, which is no parent of this folder. */
const load = createRequire(new URL('../tools/package.json', import.meta.url));
const { Client } = load('@modelcontextprotocol/sdk/client/index.js');
const { StreamableHTTPClientTransport } = load('@modelcontextprotocol/sdk/client/streamableHttp.js');

const [, , , url, token, calls, restart] = process.argv;
setTimeout(() => process.exit(1), LIMIT_MS).unref();
const headers = token ? { Authorization: `Bearer ${token}` } : {};
const client = new Client({ name: 'portcullis-peers', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));

const attempt = async doing => {
  try {
    return await doing();
  } catch (error) {
    return { raised: error.name, message: error.message };
  }
};
const listed = async (ask, member) => {
  const found = [];
  let cursor;
  do {
    const page = await ask(cursor ? { cursor } : undefined);
    found.push(...page[member]);
    cursor = page.nextCursor;
  } while (cursor);
  return found;
};
const call = ({ tool, arguments: args }) => attempt(() => client.callTool({ name: tool, arguments: args }));

const told = {
  tools: await attempt(() => listed(cursor => client.listTools(cursor), 'tools')),
  resources: await attempt(() => listed(cursor => client.listResources(cursor), 'resources')),
  prompts: await attempt(() => listed(cursor => client.listPrompts(cursor), 'prompts')),
  pages: [],
  calls: [],
};
for (const { uri } of Array.isArray(told.resources) ? told.resources : []) {
  if (uri.startsWith('ui://')) told.pages.push(await attempt(() => client.readResource({ uri })));
}
for (const one of JSON.parse(calls)) told.calls.push(await call(one));
if (restart) {
  console.log('restart');
  const lines = createInterface({ input: process.stdin });
  await new Promise(done => lines.once('line', done));
  told.lost = await call(JSON.parse(calls)[0]);
}
// Ended only when all of it is written: what waits in a pipe would be lost.
process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit(0));
