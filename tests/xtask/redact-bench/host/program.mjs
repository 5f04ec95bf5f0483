// Runs a WASI program in V8: `node --no-liftoff program.mjs MODULE ARGUMENT…`. Envoy's host sets the
// same option, so that all code is optimised code.
import { readFileSync } from 'node:fs';
import { imported, wasi } from './wasi.mjs';

const [module, ...args] = process.argv.slice(2);
const compiled = new WebAssembly.Module(readFileSync(module));
const functions = wasi(() => instance.exports.memory, ['portcullis-redact-bench', ...args]);
const instance = new WebAssembly.Instance(compiled, imported(compiled, { wasi_snapshot_preview1: functions }));
instance.exports._start();
