import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';

/** One request to invoke a function. */
export interface InvokeRequest {
  readonly functionName: string;
  readonly type: 'Event' | 'RequestResponse';
  readonly payload: unknown;
}

/** What Lambda answers. */
export interface InvokeAnswer {
  readonly status: number;
  readonly functionError?: string;
  readonly payload?: unknown;
}

/** Lambda's Invoke (API reference, "Invoke") on loopback; `answer` says what becomes of a request. */
export class InvokeServer {
  public static async start(answer: (request: InvokeRequest) => Promise<InvokeAnswer>): Promise<InvokeServer> {
    const server = createServer((request, response) => {
      respond(request, response, answer).catch((error) => response.writeHead(500).end(String(error)));
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return new InvokeServer(server);
  }

  private constructor(private readonly server: Server) {}

  public get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

async function respond(request: IncomingMessage, response: ServerResponse, answer: (request: InvokeRequest) => Promise<InvokeAnswer>): Promise<void> {
  const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url!) ?? [];
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { status, functionError, payload } = await answer({
    functionName: decodeURIComponent(name),
    type: request.headers['x-amz-invocation-type'] as InvokeRequest['type'],
    payload: JSON.parse(Buffer.concat(chunks).toString()),
  });
  response.writeHead(status, functionError ? { 'X-Amz-Function-Error': functionError } : {}).end(payload === undefined ? '' : JSON.stringify(payload));
}
