// The TypeScript client of the second line, `@modelcontextprotocol/client`. It speaks the legacy
// era unless told otherwise; `--era auto` probes first, `--era modern` allows no falling back.
import { load, options, tell, textOf } from '../telling.mjs';

const { Client, StreamableHTTPClientTransport } = load('@modelcontextprotocol/client');

const given = options(['legacy', 'auto', 'modern']);
const mode = given.era === 'modern' ? { pin: '2026-07-28' } : given.era;
const transport = new StreamableHTTPClientTransport(new URL(given.url), {
  requestInit: { headers: given.headers },
});
const client = new Client(
  { name: 'portcullis-story-ts-client-2', version: '1.0.0' },
  // The legacy run leaves the option out, as a client written before it would.
  mode === 'legacy' ? {} : { versionNegotiation: { mode } },
);

await tell('@modelcontextprotocol/client', {
  showsProgress: true,
  open: () => client.connect(transport),
  spoken: () => ({
    era: client.getProtocolEra(),
    protocol: client.getNegotiatedProtocolVersion(),
    server: client.getServerVersion()?.name,
  }),
  list: async () => (await client.listTools()).tools.map(tool => tool.name),
  call: async ({ tool, args }, how) => {
    const { isError, content } = await client.callTool({ name: tool, arguments: args }, how);
    return { isError, text: textOf(content) };
  },
  resources: async () => (await client.listResources()).resources.map(resource => resource.uri),
  read: async uri => textOf((await client.readResource({ uri })).contents),
  prompt: async name => (await client.getPrompt({ name })).messages.length,
  close: async () => {
    if (client.getProtocolEra() === 'legacy') await transport.terminateSession();
    await client.close();
  },
}, given);
