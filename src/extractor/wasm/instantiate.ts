/** A memory that is given to an instance. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
}

/** What is used of the runtime's WebAssembly, whose types come with those of browsers only. */
interface Runtime {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Memory: new (descriptor: { readonly initial: number; readonly maximum: number }) => KernelMemory;
  readonly validate: (bytes: Uint8Array) => boolean;
}

const runtime = () => (globalThis as unknown as { readonly WebAssembly: Runtime }).WebAssembly;
/** Compiled modules, by their code. */
const modules = new Map<string, object>();

/**
 * The exports of a kernel (`tools/build/kernels.js`).
 *
 * @param code WebAssembly in base64
 * @param memory of its own, for a kernel that imports one
 */
export function instantiate<Exports>(code: string, name: string, memory?: KernelMemory): Exports {
  const { Instance, Module } = runtime();
  const abort = () => {
    throw new Error(`the ${name} failed`);
  };
  let module = modules.get(code);
  if (!module) modules.set(code, module = new Module(Buffer.from(code, 'base64')));
  return new Instance(module, { env: { abort, ...(memory && { memory }) } }).exports as Exports;
}

/** @param pages of 64 KiB; it never grows */
export function newMemory(pages: number): KernelMemory {
  return new (runtime().Memory)({ initial: pages, maximum: pages });
}

/** Whether the processor has the instructions of the kernel. */
export function canInstantiate(code: string): boolean {
  return runtime().validate(Buffer.from(code, 'base64'));
}
