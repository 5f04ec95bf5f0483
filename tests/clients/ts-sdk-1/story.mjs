// The TypeScript SDK of the first line, `@modelcontextprotocol/sdk`: the legacy era only.
import { load, options, tell, textOf } from '../telling.mjs';

const { Client } = load('@modelcontextprotocol/sdk/client/index.js');
const { StreamableHTTPClientTransport } = load('@modelcontextprotocol/sdk/client/streamableHttp.js');

const given = options(['legacy']);
const transport = new StreamableHTTPClientTransport(new URL(given.url), {
  requestInit: { headers: given.headers },
});
const client = new Client({ name: 'portcullis-story-ts-sdk-1', version: '1.0.0' });

await tell('@modelcontextprotocol/sdk', {
  showsProgress: true,
  open: () => client.connect(transport),
  spoken: () => ({ era: 'legacy', protocol: transport.protocolVersion, server: client.getServerVersion()?.name }),
  list: async () => (await client.listTools()).tools.map(tool => tool.name),
  call: async ({ tool, args }, how) => {
    const { isError, content } = await client.callTool({ name: tool, arguments: args }, undefined, how);
    return { isError, text: textOf(content) };
  },
  resources: async () => (await client.listResources()).resources.map(resource => resource.uri),
  read: async uri => textOf((await client.readResource({ uri })).contents),
  prompt: async name => (await client.getPrompt({ name })).messages.length,
  close: async () => {
    await transport.terminateSession();
    await client.close();
  },
}, given);
