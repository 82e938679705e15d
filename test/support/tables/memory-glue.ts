import {
  AlreadyExistsException, ConcurrentModificationException, CreateTableCommand, DeleteTableCommand, EntityNotFoundException, GetTableCommand,
  GetTablesCommand, GlueClient, Table, TableInput, ThrottlingException, UpdateTableCommand,
} from '@aws-sdk/client-glue';

const of = { message: 'as asked', $metadata: {} };

/** Tables of one Glue database in memory, changed under the condition of their version as Glue does (Glue, "UpdateTable", VersionId). */
export class MemoryGlue {
  public readonly tables = new Map<string, Table>();
  /** Requests that were answered, by table and command. */
  public readonly requests: { readonly command: string; readonly table: string }[] = [];

  /** @param admit called with each request; it throws what refuses the request, or changes nothing */
  public constructor(private readonly admit: () => void = () => undefined) {}

  /** What {@link GlueTables} is given; `paced` stands for the client's middleware. */
  public client(paced: <T>(request: () => Promise<T>) => Promise<T> = async (request) => request()): GlueClient {
    return { send: async (command: object) => paced(async () => this.answer(command)) } as unknown as GlueClient;
  }

  private async answer(command: object): Promise<unknown> {
    this.admit();
    const name = command instanceof CreateTableCommand || command instanceof UpdateTableCommand ? command.input.TableInput!.Name!
      : command instanceof GetTableCommand || command instanceof DeleteTableCommand ? command.input.Name! : '';
    this.requests.push({ command: command.constructor.name, table: name });
    const there = this.tables.get(name);
    if (command instanceof GetTablesCommand) return { TableList: [...this.tables.values()] };
    if (command instanceof CreateTableCommand) {
      if (there) throw new AlreadyExistsException(of);
      return this.set(command.input.TableInput!, 0);
    }
    if (!there) throw new EntityNotFoundException(of);
    if (command instanceof GetTableCommand) return { Table: there };
    if (command instanceof DeleteTableCommand) return this.tables.delete(name);
    if (!(command instanceof UpdateTableCommand)) throw new TypeError(`${command.constructor.name} is not known here`);
    if (command.input.VersionId !== there.VersionId) throw new ConcurrentModificationException(of);
    return this.set(command.input.TableInput!, Number(there.VersionId) + 1);
  }

  private set(input: TableInput, version: number): object {
    this.tables.set(input.Name!, { ...structuredClone(input) as Table, VersionId: String(version) });
    return {};
  }
}

/** A limit of so many requests a second, over a clock of its own. */
export class RequestLimit {
  public refused = 0;
  private readonly answered: number[] = [];

  public constructor(private readonly perSecond: number, private readonly now: () => number) {}

  /** @throws ThrottlingException when there were more in the last second */
  public readonly admit = (): void => {
    const now = this.now();
    while (this.answered.length > 0 && this.answered[0] <= now - 1000) this.answered.shift();
    if (this.answered.length >= this.perSecond) {
      this.refused += 1;
      throw new ThrottlingException({ message: 'Rate exceeded', $metadata: {} });
    }
    this.answered.push(now);
  };
}
