// The story every client plays, for the clients that run on Node. A client hands over how it
// opens, lists, calls and so on; what is asked and what counts as passed is written here once.
import { createRequire } from 'node:module';

const LIMIT_MS = 60_000;
const STEPS = ['list', 'call', 'progress', 'denied', 'resource', 'prompt', 'secrets', 'cancel'];

const PROFILES = {
  fixture: {
    echo: { tool: 'echo', args: { text: 'hello' }, answer: 'hello' },
    slow: (steps, delay) => ({ tool: 'slow_count', args: { steps, delay_ms: delay } }),
    denied: { tool: 'delete_file', args: { path: '/etc/passwd' } },
    uri: 'test://static-text',
    prompt: 'test_simple_prompt',
    secrets: ['secret_text', 'secret_record', 'secret_badge'],
  },
  everything: {
    echo: { tool: 'echo', args: { message: 'hello' }, answer: 'Echo: hello' },
    slow: (steps, delay) => ({
      tool: 'trigger-long-running-operation',
      args: { duration: (steps * delay) / 1000, steps },
    }),
    denied: { tool: 'get-env', args: {} },
    uri: undefined, // its first resource
    prompt: 'simple-prompt',
    secrets: [],
  },
};

/** The pinned clients are installed in tests/tools, which is no parent of this folder. */
export const load = createRequire(new URL('../tools/package.json', import.meta.url));

/** Names an answer without repeating it: `get-env` answers with a whole environment. */
const brief = text => (text.length > 200 ? `${text.length} characters` : text);
const named = error => `${error.name}: ${error.message}`;
export const textOf = content =>
  (content ?? []).map(part => part.text ?? part.blob ?? part.resource?.text ?? '').join('');
const sleep = ms => new Promise(done => setTimeout(done, ms));

export function options(eras) {
  const given = { era: eras[0], profile: 'fixture' };
  for (let i = 2; i < process.argv.length; i += 2) {
    given[process.argv[i].replace(/^--/, '')] = process.argv[i + 1];
  }
  const profile = PROFILES[given.profile];
  if (!given.url || !profile || !eras.includes(given.era)) {
    console.error(`usage: --url URL [--token JWT] [--era ${eras.join('|')}] --profile fixture|everything`);
    process.exit(2);
  }
  return { ...given, profile, headers: given.token ? { Authorization: `Bearer ${given.token}` } : {} };
}

const acts = {
  async list(client) {
    const detail = await client.list();
    return { ok: detail.length > 0, detail };
  },

  async call(client, { echo }) {
    const { isError, text } = await client.call(echo);
    return { ok: !isError && text === echo.answer, detail: brief(text) };
  },

  async progress(client, { slow }) {
    if (!client.showsProgress) return { ok: null, why: client.noProgress };
    let detail = 0;
    const { isError } = await client.call(slow(3, 50), { onprogress: () => { detail += 1; } });
    return { ok: !isError && detail >= 1, detail };
  },

  async denied(client, { denied }) {
    const wanted = process.env.STORY_DENIED_TEXT;
    let detail;
    try {
      const { isError, text } = await client.call(denied);
      detail = { surface: 'result', isError: Boolean(isError), text: isError ? text : brief(text) };
    } catch (error) {
      detail = { surface: 'error', name: error.name, code: error.code, text: error.message };
    }
    // Only an isError result is readable for the model behind the client; an error is not.
    return { ok: !wanted || (detail.isError === true && detail.text.includes(wanted)), detail };
  },

  async resource(client, { uri }) {
    const listed = await client.resources();
    const detail = uri ?? listed[0];
    return { ok: listed.includes(detail) && (await client.read(detail)).length > 0, detail };
  },

  async prompt(client, { prompt }) {
    const detail = await client.prompt(prompt);
    return { ok: detail >= 1, detail };
  },

  async secrets(client, { secrets }) {
    const wanted = process.env.STORY_REDACTED;
    const detail = {};
    for (const tool of secrets) {
      try {
        const { isError, text } = await client.call({ tool, args: {} });
        detail[tool] = { surface: 'result', isError: Boolean(isError), text };
      } catch (error) {
        detail[tool] = { surface: 'error', isError: null, text: named(error) };
      }
    }
    const [text, record, badge] = secrets.map(tool => detail[tool]);
    const masked = ({ isError, text }) => isError === false && text.includes(wanted) && !text.includes('ghp_');
    // A placeholder does not fit the badge's schema: the whole result must have become an error.
    const refused = ({ isError, text }) => isError === true && !text.includes('ghp_');
    return { ok: !wanted || (masked(text) && masked(record) && refused(badge)), detail };
  },

  async cancel(client, { slow, echo }) {
    const abort = new AbortController();
    const call = client.call(slow(200, 50), { signal: abort.signal })
      .then(() => 'a result', named);
    const early = await Promise.race([call, sleep(client.callStartsWithin ?? 300)]);
    if (early) return { ok: false, why: `over before the cancel: ${early}` };
    const start = performance.now();
    abort.abort();
    const ended = await call;
    const ms = Math.round(performance.now() - start);
    const after = await client.call(echo);
    return { ok: ended !== 'a result' && ms < 2000 && after.text === echo.answer, detail: { ended, ms } };
  },
};

/** Plays the story, prints it and leaves with the exit code it earned. */
export async function tell(name, client, { profile, era }) {
  const steps = [];
  let report = { client: name, asked: era };
  let now = 'connect';

  const finish = () => {
    for (const step of STEPS.slice(steps.length)) {
      steps.push({ step, ok: false, why: step === now ? 'hung' : 'not reached' });
    }
    console.log(JSON.stringify({ ...report, steps }));
    process.exit(report.error || steps.some(step => step.ok === false) ? 1 : 0);
  };
  setTimeout(() => {
    report.error = `${now} hung: no answer within ${LIMIT_MS / 1000} s`;
    finish();
  }, LIMIT_MS);

  try {
    await client.open();
    report = { ...report, ...client.spoken() };
  } catch (error) {
    report.error = `connect: ${named(error)}`;
    finish();
  }
  for (const step of STEPS) {
    now = step;
    try {
      steps.push({ step, ...(await acts[step](client, profile)) });
    } catch (error) {
      steps.push({ step, ok: false, why: named(error) });
    }
  }
  now = 'close';
  await client.close?.().catch(error => { report.error = `close: ${error.message}`; });
  finish();
}
