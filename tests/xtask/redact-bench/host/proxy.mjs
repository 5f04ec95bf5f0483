// A proxy-wasm host, as small as the filter allows: one VM, one exchange at a time, and a policy
// server that answers at once. A host function that the filter calls and that is not here throws.
import { imported, wasi } from './wasi.mjs';

const OK = 0;
const NOT_FOUND = 1;
const BUFFERS = { requestBody: 0, responseBody: 1, callBody: 4, plugin: 7 };
const MAPS = { 0: 'requestHeaders', 2: 'responseHeaders', 6: 'callHeaders' };
const ROOT = 1;

/** Pairs in the encoding of proxy-wasm: a count, two lengths a pair, then each with a zero behind. */
export function encode(pairs) {
  const texts = pairs.flat().map(text => (Buffer.isBuffer(text) ? text : Buffer.from(text)));
  const head = Buffer.alloc(4 + texts.length * 4);
  head.writeUInt32LE(pairs.length, 0);
  texts.forEach((text, at) => head.writeUInt32LE(text.length, 4 + at * 4));
  return Buffer.concat([head, ...texts.flatMap(text => [text, Buffer.alloc(1)])]);
}

function decode(bytes) {
  const count = bytes.length ? bytes.readUInt32LE(0) : 0;
  let at = 4 + count * 8;
  const take = length => {
    const text = bytes.toString('utf8', at, at + length);
    at += length + 1;
    return text;
  };
  return Array.from({ length: count }, (_, n) => [
    take(bytes.readUInt32LE(4 + n * 8)),
    take(bytes.readUInt32LE(8 + n * 8)),
  ]);
}

export class Vm {
  #wasm;
  #properties;
  #policy;
  #calls = [];
  #tokens = 0;
  #contexts = ROOT;
  #state = {};

  /** `policy` maps a path of the policy server to what it answers to a question. */
  constructor(compiled, { properties, policy }) {
    this.#properties = new Map(properties);
    this.#policy = policy;
    const here = { env: this.#env(), wasi_snapshot_preview1: wasi(() => this.#wasm.memory) };
    this.#wasm = new WebAssembly.Instance(compiled, imported(compiled, here)).exports;
    this.#wasm._initialize();
  }

  /** Bytes of the VM's memory. It never shrinks. */
  get memory() {
    return this.#wasm.memory.buffer.byteLength;
  }

  configure(text) {
    this.#state = { plugin: Buffer.from(text) };
    this.#wasm.proxy_on_context_create(ROOT, 0);
    if (!this.#wasm.proxy_on_vm_start(ROOT, 0)) throw new Error('the VM does not start');
    if (!this.#wasm.proxy_on_configure(ROOT, this.#state.plugin.length)) {
      throw new Error('the configuration is refused');
    }
    this.#answer();
  }

  /** One exchange: what the client gets, and how long the way back took, in microseconds. */
  exchange({ requestHeaders, requestBody, responseHeaders, responseBody }) {
    const id = ++this.#contexts;
    this.#state = { requestHeaders: [...requestHeaders], requestBody };
    const wasm = this.#wasm;
    wasm.proxy_on_context_create(id, ROOT);
    wasm.proxy_on_request_headers(id, requestHeaders.length, 0);
    this.#answer();
    wasm.proxy_on_request_body(id, requestBody.length, 1);
    this.#answer();
    if (this.#state.local) throw new Error(`the request is refused: ${this.#state.local}`);
    this.#state.responseHeaders = [...responseHeaders];
    this.#state.responseBody = responseBody;
    const begin = process.hrtime.bigint();
    wasm.proxy_on_response_headers(id, responseHeaders.length, 0);
    this.#answer();
    wasm.proxy_on_response_body(id, responseBody.length, 1);
    this.#answer();
    const us = Number(process.hrtime.bigint() - begin) / 1000;
    const body = this.#state.local ?? this.#state.responseBody;
    wasm.proxy_on_log(id);
    wasm.proxy_on_done(id);
    wasm.proxy_on_delete(id);
    wasm.proxy_on_tick(ROOT);
    this.#answer();
    return { body, us };
  }

  /** Answers all questions that are out, and those that come of it. */
  #answer() {
    for (let call = this.#calls.shift(); call; call = this.#calls.shift()) {
      const answer = this.#policy[call.path];
      if (!answer) throw new Error(`nobody answers ${call.path}`);
      this.#state.callHeaders = [[':status', '200']];
      this.#state.callBody = Buffer.from(JSON.stringify(answer(JSON.parse(call.body))));
      this.#wasm.proxy_on_http_call_response(ROOT, call.token, 1, this.#state.callBody.length, 0);
    }
  }

  #bytes(at, length) {
    return Buffer.from(this.#wasm.memory.buffer, at, length);
  }

  /** Gives bytes to the VM, which frees them. */
  #give(bytes, dataOut, sizeOut) {
    const at = this.#wasm.proxy_on_memory_allocate(bytes.length);
    this.#bytes(at, bytes.length).set(bytes);
    const view = new DataView(this.#wasm.memory.buffer);
    view.setUint32(dataOut, at, true);
    view.setUint32(sizeOut, bytes.length, true);
    return OK;
  }

  #buffer(type) {
    const found = Object.entries(BUFFERS).find(([, number]) => number === type);
    return found?.[0];
  }

  #env() {
    const text = (at, length) => this.#bytes(at, length).toString('utf8');
    const pairs = type => this.#state[MAPS[type]];
    const without = (type, name) => {
      this.#state[MAPS[type]] = pairs(type).filter(([key]) => key !== name);
    };
    return {
      proxy_log: (level, at, length) => {
        if (level > 2) process.stderr.write(`filter: ${text(at, length)}\n`);
        return OK;
      },
      proxy_get_current_time_nanoseconds: out => {
        new DataView(this.#wasm.memory.buffer).setBigUint64(out, BigInt(Date.now()) * 1_000_000n, true);
        return OK;
      },
      proxy_set_tick_period_milliseconds: () => OK,
      proxy_set_effective_context: () => OK,
      proxy_continue_stream: () => OK,
      proxy_done: () => OK,
      proxy_get_buffer_bytes: (type, start, most, dataOut, sizeOut) => {
        const bytes = this.#state[this.#buffer(type)];
        if (!bytes) return NOT_FOUND;
        return this.#give(bytes.subarray(start, start + (most >>> 0)), dataOut, sizeOut);
      },
      proxy_set_buffer_bytes: (type, start, size, at, length) => {
        const key = this.#buffer(type);
        const old = this.#state[key];
        const behind = old.subarray(Math.min(old.length, start + (size >>> 0)));
        this.#state[key] = Buffer.concat([old.subarray(0, start), this.#bytes(at, length), behind]);
        return OK;
      },
      proxy_get_header_map_pairs: (type, dataOut, sizeOut) =>
        this.#give(encode(pairs(type) ?? []), dataOut, sizeOut),
      proxy_get_header_map_value: (type, at, length, dataOut, sizeOut) => {
        const name = text(at, length);
        const found = pairs(type)?.find(([key]) => key === name);
        return found ? this.#give(Buffer.from(found[1]), dataOut, sizeOut) : NOT_FOUND;
      },
      proxy_remove_header_map_value: (type, at, length) => {
        without(type, text(at, length));
        return OK;
      },
      proxy_replace_header_map_value: (type, at, length, valueAt, valueLength) => {
        const name = text(at, length);
        without(type, name);
        pairs(type).push([name, text(valueAt, valueLength)]);
        return OK;
      },
      proxy_get_property: (at, length, dataOut, sizeOut) => {
        const found = this.#properties.get(text(at, length).replace(/\0$/, '').split('\0').join('/'));
        return found ? this.#give(found, dataOut, sizeOut) : NOT_FOUND;
      },
      proxy_send_local_response: (_status, _detail, _detailLength, at, length) => {
        this.#state.local = Buffer.from(this.#bytes(at, length));
        return OK;
      },
      proxy_http_call: (_to, _toLength, headersAt, headersLength, at, length, _t, _tLength, _limit, out) => {
        const headers = new Map(decode(this.#bytes(headersAt, headersLength)));
        const token = ++this.#tokens;
        this.#calls.push({ token, path: headers.get(':path'), body: text(at, length) });
        new DataView(this.#wasm.memory.buffer).setUint32(out, token, true);
        return OK;
      },
    };
  }
}
