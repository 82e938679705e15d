import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';

/** What a server's process can be asked for, by name. */
export interface Calls {
  readonly [name: string]: (...args: never[]) => unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** In the server's process: answers calls until the process that started it is gone. */
export function serveCalls(calls: Calls): void {
  process.on('message', ({ id, name, args }: { readonly id: number; readonly name: string; readonly args: never[] }) => {
    void (async () => calls[name](...args))().then(
      (result) => process.send!({ id, result }), (error: Error) => process.send!({ id, error: error.message }),
    );
  });
  process.once('disconnect', () => process.exit());
  process.send!('ready');
}

/** A server in a process of its own, so that what it takes is not taken from whoever is measured. */
export class ServerProcess<C extends Calls> {
  /** @param file TypeScript that calls {@link serveCalls} */
  public static async start<C extends Calls>(file: string, args: readonly string[] = []): Promise<ServerProcess<C>> {
    const child = fork(file, args, { execArgv: extname(file) === '.ts' ? ['--import', 'tsx'] : [], serialization: 'advanced' });
    const ended = once(child, 'exit').then(([code]) => { throw new Error(`${file} ended with ${code}`); });
    await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => undefined);
    return new ServerProcess<C>(child);
  }

  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private last = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (answer: Answer) => this.waiting.get(answer.id)?.(answer));
    child.on('exit', () => {
      for (const [id, answer] of this.waiting) answer({ id, error: 'the server\'s process ended' });
    });
  }

  public async call<N extends keyof C & string>(name: N, ...args: Parameters<C[N]>): Promise<Awaited<ReturnType<C[N]>>> {
    const id = ++this.last;
    const answer = await new Promise<Answer>((resolve) => {
      this.waiting.set(id, resolve);
      this.child.send({ id, name, args });
    });
    this.waiting.delete(id);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result as Awaited<ReturnType<C[N]>>;
  }

  public async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.disconnect();
    await gone;
  }
}
