import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface StatesRequest {
  /** Step Functions' name for it, for example `DescribeExecution`. */
  readonly operation: string;
  readonly input: { readonly [name: string]: unknown };
}

/** What Step Functions refuses a request with. */
export class StatesFault extends Error {
  public constructor(public readonly type: string, message: string) {
    super(message);
  }
}

/**
 * The JSON protocol of Step Functions (`X-Amz-Target: AWSStepFunctions.<operation>`) on loopback, for what the local cloud cannot be
 * brought to say. A test says the answers.
 */
export class FakeStepFunctions {
  public static async start(answer: (request: StatesRequest) => object): Promise<FakeStepFunctions> {
    const fake = new FakeStepFunctions(answer);
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  public readonly requests: StatesRequest[] = [];
  private readonly server: Server;

  private constructor(answer: (request: StatesRequest) => object) {
    this.server = createServer((request, response) => {
      const body: Buffer[] = [];
      request.on('data', (piece: Buffer) => body.push(piece));
      request.on('end', () => {
        const operation = String(request.headers['x-amz-target']).replace(/^AWSStepFunctions\./, '');
        const asked: StatesRequest = { operation, input: JSON.parse(Buffer.concat(body).toString()) as StatesRequest['input'] };
        this.requests.push(asked);
        response.setHeader('content-type', 'application/x-amz-json-1.0');
        try {
          response.end(JSON.stringify(answer(asked)));
        } catch (error) {
          const { type, message } = error as StatesFault;
          response.writeHead(400).end(JSON.stringify({ __type: `com.amazonaws.swf.service.v2.model#${type}`, message }));
        }
      });
    });
  }

  public get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
