import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';

/** Bytes that one read of a socket may take. */
const READ_BYTES = 0x40000;

/**
 * Reads a socket into one buffer over and over. Node's own way makes a buffer of 64 KiB for each read, which costs about as much
 * again as reading: page faults, and garbage.
 */
export class DirectReads {
  private taker: ((bytes: Buffer) => boolean) | undefined;

  public constructor(private readonly socket: () => Socket) {}

  /** Hands what comes to `taker`, not to the stream. @param taker takes the bytes before it returns; false to be given no more for now */
  public take(taker: (bytes: Buffer) => boolean): void {
    this.taker = taker;
  }

  /** Goes on after `taker` returned false. */
  public resume(): void {
    this.socket().resume();
  }

  public fail(error: Error): void {
    this.socket().destroy(error);
  }

  /** What comes goes to the stream again. */
  public release(): void {
    this.taker = undefined;
  }

  /** @returns whether more is wanted */
  public arrived(bytes: Buffer): boolean {
    return this.taker ? this.taker(bytes) : this.socket().push(Buffer.from(bytes));
  }
}

const directReads = new WeakMap<Socket, DirectReads>();

/** How to read the socket directly; nothing of sockets that {@link connectDirect} did not open. */
export function directReadsOf(socket: unknown): DirectReads | undefined {
  return directReads.get(socket as Socket);
}

/** Where tedious wants to be connected to. */
interface Address {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
}

type Lookup = (host: string, options: LookupAllOptions, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

/**
 * A connector for tedious: its socket can be read directly. As tedious's own it tries one address after the other, each for as long
 * as it takes: Node's own way gives all but the last a quarter of a second.
 *
 * @throws AggregateError with that of each address; the lookup's error, or the signal's reason
 */
export async function connectDirect(options: Address, lookup: Lookup, signal: AbortSignal): Promise<Socket> {
  const errors: unknown[] = [];
  for (const { address, family } of await addressesOf(options.host, lookup, signal)) {
    try {
      return await connectTo({ ...options, host: address, family }, signal);
    } catch (error) {
      signal.throwIfAborted();
      errors.push(error);
    }
  }
  throw new AggregateError(errors, 'Could not connect (sequence)');
}

/**
 * {@link connectDirect} to all addresses at once; the first that is connected is taken, the others are given up.
 *
 * @throws AggregateError with that of each address; the lookup's error, or the signal's reason
 */
export async function connectDirectInParallel(options: Address, lookup: Lookup, signal: AbortSignal): Promise<Socket> {
  const addresses = await addressesOf(options.host, lookup, signal);
  const late = new AbortController();
  const either = AbortSignal.any([signal, late.signal]);
  const attempts = addresses.map(async ({ address, family }) => connectTo({ ...options, host: address, family }, either));
  try {
    const first = await Promise.any(attempts);
    // One that was connected in the same moment is not needed.
    for (const attempt of attempts) void attempt.then((socket) => { if (socket !== first) socket.destroy(); }, () => undefined);
    return first;
  } catch (error) {
    signal.throwIfAborted();
    throw new AggregateError((error as AggregateError).errors, 'Could not connect (parallel)');
  } finally {
    late.abort(new Error('another address was connected first'));
  }
}

async function addressesOf(host: string, lookup: Lookup, signal: AbortSignal): Promise<LookupAddress[]> {
  signal.throwIfAborted();
  if (isIP(host) !== 0) return [{ address: host, family: isIP(host) }];
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    lookup(host, { all: true }, (error, addresses) => {
      signal.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve(addresses);
    });
  });
}

async function connectTo(options: Address & { readonly family: number }, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const reads: DirectReads = new DirectReads(() => socket);
    const socket: Socket = connect({
      ...options,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (count, buffer) => reads.arrived((buffer as Buffer).subarray(0, count)),
      },
    });
    const settle = () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError).off('connect', onConnect);
    };
    const onAbort = () => {
      settle();
      socket.destroy();
      reject(signal.reason as Error);
    };
    const onError = (error: Error) => {
      settle();
      socket.destroy();
      reject(error);
    };
    const onConnect = () => {
      settle();
      directReads.set(socket, reads);
      resolve(socket);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', onError).on('connect', onConnect);
  });
}
