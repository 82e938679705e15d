import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers for the outputs of one stack, as if it had been deployed, and hands all else on to a local cloud. */
export class StackProxy {
  public static async start(to: string, stackName: string, outputs: { readonly [name: string]: string }): Promise<StackProxy> {
    const proxy = new StackProxy(new URL(to), stackName, outputs);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private readonly server: Server;

  private constructor(private readonly to: URL, private readonly stackName: string, private readonly outputs: { readonly [name: string]: string }) {
    this.server = createServer((incoming, outgoing) => {
      if (/\/cloudformation\/aws4_request/.test(incoming.headers.authorization ?? '')) void this.describe(incoming, outgoing);
      else this.handOn(incoming, outgoing);
    });
  }

  public get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async describe(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    let body = '';
    for await (const piece of incoming) body += String(piece);
    const name = new URLSearchParams(body).get('StackName');
    const tags = (entries: { readonly [tag: string]: string }) => Object.entries(entries).map(([tag, text]) => `<${tag}>${text}</${tag}>`).join('');
    if (name !== this.stackName) {
      outgoing.writeHead(400, { 'content-type': 'text/xml' })
        .end(`<ErrorResponse><Error>${tags({ Type: 'Sender', Code: 'ValidationError', Message: `Stack with id ${name} does not exist` })}</Error></ErrorResponse>`);
      return;
    }
    const members = Object.entries(this.outputs).map(([OutputKey, OutputValue]) => `<member>${tags({ OutputKey, OutputValue })}</member>`).join('');
    outgoing.writeHead(200, { 'content-type': 'text/xml' }).end(`<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
      ${tags({ StackName: this.stackName, StackStatus: 'CREATE_COMPLETE', CreationTime: '2026-01-01T00:00:00Z' })}<Outputs>${members}</Outputs>
      </member></Stacks></DescribeStacksResult></DescribeStacksResponse>`);
  }

  private handOn(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url, headers } = incoming;
    const onward = request({ hostname: this.to.hostname, port: this.to.port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  }
}
