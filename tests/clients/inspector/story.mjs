// The Inspector's command line: one process and one connection for each request. It lists the
// tools before it calls one, and refuses by itself to call a tool that the list does not show.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { load, options, tell, textOf } from '../telling.mjs';

const given = options(['legacy', 'auto', 'modern']);
// It needs Node 22.19; where the Node that runs this file is older, the one in tests/tools does it.
const [major, minor] = process.versions.node.split('.').map(Number);
const node = major > 22 || (major === 22 && minor >= 19)
  ? process.execPath
  : join(dirname(load.resolve(`node-linux-${process.arch}/package.json`)), 'bin/node');
const cli = join(dirname(load.resolve('@modelcontextprotocol/inspector/package.json')), 'clients/launcher/build/index.js');
// It keeps files in the home folder; a story leaves none behind.
const home = mkdtempSync(join(tmpdir(), 'story-inspector-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

function run(args, signal) {
  const header = given.token ? ['--header', `Authorization: Bearer ${given.token}`] : [];
  const child = spawn(
    node,
    [cli, '--cli', given.url, '--transport', 'http', '--protocol-era', given.era, '--stored-auth-only',
      '--format', 'json', ...header, ...args],
    { env: { ...process.env, HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  // Ctrl-C is what its user has to cancel with.
  const interrupt = () => child.kill('SIGINT');
  signal?.addEventListener('abort', interrupt);
  process.on('exit', interrupt);
  let out = '';
  let err = '';
  child.stdout.on('data', chunk => { out += chunk; });
  child.stderr.on('data', chunk => { err += chunk; });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, killed) => {
      process.off('exit', interrupt);
      // An isError result leaves with a code of its own, but the result is printed all the same.
      try {
        return resolve(JSON.parse(out).result);
      } catch {
        const error = new Error(err.trim() || `no output, ${killed ?? `exit code ${code}`}`);
        return reject(Object.assign(error, { code: code ?? killed }));
      }
    });
  });
}

await tell('@modelcontextprotocol/inspector', {
  noProgress: 'the command line prints the result only',
  // A process must start, connect and list before the call is under way.
  callStartsWithin: 2500,
  open: async () => {},
  // Which era `auto` came to is not printed.
  spoken: () => ({ era: given.era === 'auto' ? null : given.era }),
  list: async () => (await run(['--method', 'tools/list'])).tools.map(tool => tool.name),
  call: async ({ tool, args }, how) => {
    const wanted = ['--method', 'tools/call', '--tool-name', tool, '--tool-args-json', JSON.stringify(args)];
    const { isError, content } = await run(wanted, how?.signal);
    return { isError, text: textOf(content) };
  },
  resources: async () => (await run(['--method', 'resources/list'])).resources.map(resource => resource.uri),
  read: async uri => textOf((await run(['--method', 'resources/read', '--uri', uri])).contents),
  prompt: async name => (await run(['--method', 'prompts/get', '--prompt-name', name])).messages.length,
}, given);
