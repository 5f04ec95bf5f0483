// As much of WASI as the modules call. Not `node:wasi`: it keeps the memory that a module began with,
// and once the module has grown it, Node dies or loses what is printed.
import { randomFillSync } from 'node:crypto';
import { writeSync } from 'node:fs';

const OK = 0;
const BAD_DESCRIPTOR = 8;
const ENDIAN = true;

/** The functions, for a module with these arguments; `memory` is asked for at each call. */
export function wasi(memory, args = []) {
  const view = () => new DataView(memory().buffer);
  const bytes = (at, length) => Buffer.from(memory().buffer, at, length);
  const texts = args.map(text => Buffer.from(`${text}\0`));
  return {
    args_sizes_get: (count, size) => {
      view().setUint32(count, texts.length, ENDIAN);
      view().setUint32(size, texts.reduce((sum, text) => sum + text.length, 0), ENDIAN);
      return OK;
    },
    args_get: (list, at) => {
      texts.forEach((text, n) => {
        view().setUint32(list + 4 * n, at, ENDIAN);
        bytes(at, text.length).set(text);
        at += text.length;
      });
      return OK;
    },
    environ_sizes_get: (count, size) => {
      view().setUint32(count, 0, ENDIAN);
      view().setUint32(size, 0, ENDIAN);
      return OK;
    },
    environ_get: () => OK,
    clock_time_get: (_clock, _precision, out) => {
      view().setBigUint64(out, process.hrtime.bigint(), ENDIAN);
      return OK;
    },
    random_get: (at, length) => {
      randomFillSync(bytes(at, length));
      return OK;
    },
    fd_write: (to, list, count, out) => {
      if (to !== 1 && to !== 2) return BAD_DESCRIPTOR;
      const part = n => bytes(view().getUint32(list + 8 * n, ENDIAN), view().getUint32(list + 8 * n + 4, ENDIAN));
      const all = Buffer.concat(Array.from({ length: count }, (_, n) => part(n)));
      for (let done = 0; done < all.length;) done += writeSync(to, all, done);
      view().setUint32(out, all.length, ENDIAN);
      return OK;
    },
    fd_prestat_get: () => BAD_DESCRIPTOR,
    proc_exit: code => {
      throw new Error(`the module exits with ${code}`);
    },
  };
}

/** Imports by name. What is missing is an error only when it is called: SDKs name more than they need. */
export function imported(compiled, here) {
  const imports = {};
  for (const { module, name } of WebAssembly.Module.imports(compiled)) {
    imports[module] ??= {};
    imports[module][name] = here[module]?.[name] ?? (() => {
      throw new Error(`${module}.${name} is not a part of this host`);
    });
  }
  return imports;
}
