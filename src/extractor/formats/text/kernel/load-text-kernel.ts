import { TEXT_KERNEL } from './text-kernel.wasm';

/** What text-kernel.as exports. */
export interface TextKernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  configureCsv(columns: number, at: number, delimiter: number, quote: number): void;
  configureJson(columns: number, at: number): void;
  rows(start: number, end: number, out: number, limit: number): number;
  outEnd(): number;
  rowsDone(): number;
  stopReason(): number;
}

/** What is used of the runtime's WebAssembly, whose types come with those of browsers only. */
interface Runtime {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly validate: (bytes: Uint8Array) => boolean;
}

let loaded: TextKernelExports | null | undefined;

/** Compiled at first use, one a thread. @returns nothing on a processor without the instructions it needs */
export function loadTextKernel(): TextKernelExports | undefined {
  if (loaded === undefined) {
    const { Instance, Module, validate } = (globalThis as unknown as { readonly WebAssembly: Runtime }).WebAssembly;
    const code = Buffer.from(TEXT_KERNEL, 'base64');
    loaded = validate(code) ? new Instance(new Module(code), { env: { abort } }).exports as TextKernelExports : null;
  }
  return loaded ?? undefined;
}

function abort(): never {
  throw new Error('the text kernel failed');
}
