// Runs a WASI program in V8: `node --no-liftoff program.mjs MODULE ARGUMENT…`. Envoy's host sets the
// same option, so that all code is optimised code.
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const [module, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args: ['portcullis-redact-bench', ...args] });
const compiled = new WebAssembly.Module(readFileSync(module));
process.exitCode = wasi.start(new WebAssembly.Instance(compiled, wasi.getImportObject()));
