/** What is used of the runtime's WebAssembly, whose types come with those of browsers only. */
interface Runtime {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly validate: (bytes: Uint8Array) => boolean;
}

const runtime = () => (globalThis as unknown as { readonly WebAssembly: Runtime }).WebAssembly;

/** The exports of a kernel (`tools/build/kernels.js`). @param code WebAssembly in base64 */
export function instantiate<Exports>(code: string, name: string): Exports {
  const { Instance, Module } = runtime();
  const abort = () => {
    throw new Error(`the ${name} failed`);
  };
  return new Instance(new Module(Buffer.from(code, 'base64')), { env: { abort } }).exports as Exports;
}

/** Whether the processor has the instructions of the kernel. */
export function canInstantiate(code: string): boolean {
  return runtime().validate(Buffer.from(code, 'base64'));
}
