import { parse, stringify } from 'lossless-json';
import { requirementsOf, updatesBetween } from './metadata-updates';
import { CatalogTable, TableCatalog, TableCommit } from './table-catalog';
import { TableFiles } from '../files/table-files';
import { IcebergError } from '../spec/errors';
import { sameFields } from '../spec/schema';
import { currentSchema, readMetadata, TableMetadata, writeMetadata } from '../spec/table-metadata';

/** Where a REST catalog is. */
export interface RestCatalogProps {
  /** Base of its address, for example `https://catalog.example/api/catalog`. */
  readonly uri: string;
  readonly namespace: string;
  /** Asked for at `/v1/config`. @default - the catalog's own */
  readonly warehouse?: string;
  /** Bearer token; never shown. @default - none */
  readonly token?: string;
}

/** What a catalog answers. */
interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Tables of an Iceberg REST catalog.
 *
 * A new table is registered, not created: creating numbers the columns anew, and the files carry ids of their own. What the catalog has
 * afterwards is compared. There is no request that gives a name to another table, so a new generation leaves the name without a table for
 * the time between two requests.
 */
export class RestTables implements TableCatalog {
  private prefix?: Promise<string>;

  public constructor(private readonly props: RestCatalogProps, private readonly files: TableFiles) {}

  public async load(name: string): Promise<CatalogTable | undefined> {
    const answer = await this.request('GET', await this.tablePath(name));
    if (answer.status === 404) return undefined;
    const { 'metadata-location': metadataLocation, metadata } = this.tableIn(answer, name);
    return { name, metadataLocation, parameters: metadata.properties ?? {}, version: metadataLocation };
  }

  public async names(prefix: string): Promise<string[]> {
    const names: string[] = [];
    let token: string | undefined;
    do {
      const page = token === undefined ? '' : `?pageToken=${encodeURIComponent(token)}`;
      const answer = await this.request('GET', `${await this.namespacePath()}/tables${page}`);
      if (answer.status === 404) return names;
      const { identifiers, 'next-page-token': next } = JSON.parse(this.ok(answer, 'its tables'));
      for (const { name } of identifiers) if (name.startsWith(prefix)) names.push(name);
      token = next ?? undefined;
    } while (token !== undefined);
    return names;
  }

  public async commit({ name, base, metadata, attempt }: TableCommit): Promise<string | undefined> {
    const at = base?.metadataLocation;
    const before = at === undefined ? undefined : readMetadata(String(await this.files.read(at)), at);
    if (base && before?.['table-uuid'] === metadata['table-uuid']) return this.update(name, before, metadata);
    const location = `${metadata.location}/metadata/00000-${attempt}.metadata.json`;
    await this.files.replace(location, writeMetadata(metadata));
    if (base && !await this.drop(base)) return undefined;
    return await this.register(name, location, metadata) ? location : undefined;
  }

  public async register(name: string, metadataLocation: string, metadata: TableMetadata): Promise<boolean> {
    await this.makeNamespace();
    const answer = await this.request('POST', `${await this.namespacePath()}/register`, { name, 'metadata-location': metadataLocation });
    if (answer.status === 409) return false;
    this.compare(name, this.tableIn(answer, name).metadata, metadata);
    return true;
  }

  public async drop(table: CatalogTable): Promise<boolean> {
    const now = await this.load(table.name);
    if (now?.version !== table.version) return now === undefined;
    const answer = await this.request('DELETE', `${await this.tablePath(table.name)}?purgeRequested=false`);
    if (answer.status !== 404) this.ok(answer, `the table '${table.name}'`);
    return true;
  }

  private async update(name: string, before: TableMetadata, after: TableMetadata): Promise<string | undefined> {
    const updates = updatesBetween(before, after);
    const answer = await this.request('POST', await this.tablePath(name), { requirements: requirementsOf(before, updates), updates });
    if (answer.status === 409 || answer.status === 404) return undefined;
    const { 'metadata-location': location, metadata } = this.tableIn(answer, name);
    this.compare(name, metadata, after);
    return location;
  }

  /** Field ids are what files are read by. */
  private compare(name: string, has: TableMetadata, asked: TableMetadata): void {
    const [theirs, ours] = [currentSchema(has)?.fields ?? [], currentSchema(asked)?.fields ?? []];
    if (sameFields(theirs, ours)) return;
    const told = (fields: typeof ours) => fields.map(({ id, name: column }) => `${id} ${column}`).join(', ');
    throw new IcebergError('COMMIT_UNPROVEN', `the catalog has the columns ${told(theirs)} for the table '${name}'; the files have ${told(ours)}`);
  }

  private async makeNamespace(): Promise<void> {
    const answer = await this.request('POST', `/v1/${await this.pathPrefix()}namespaces`, { namespace: this.props.namespace.split('.'), properties: {} });
    if (answer.status !== 409) this.ok(answer, `the namespace '${this.props.namespace}'`);
  }

  private async pathPrefix(): Promise<string> {
    return this.prefix ??= (async () => {
      const { warehouse } = this.props;
      const answer = await this.request('GET', `/v1/config${warehouse === undefined ? '' : `?warehouse=${encodeURIComponent(warehouse)}`}`);
      const { overrides = {}, defaults = {} } = JSON.parse(this.ok(answer, 'its configuration'));
      const prefix = overrides.prefix ?? defaults.prefix;
      return prefix === undefined ? '' : `${prefix}/`;
    })();
  }

  /** Parts of a namespace are separated by the unit separator (Iceberg REST catalog API, `namespace`). */
  private async namespacePath(): Promise<string> {
    return `/v1/${await this.pathPrefix()}namespaces/${encodeURIComponent(this.props.namespace.split('.').join('\u001f'))}`;
  }

  private async tablePath(name: string): Promise<string> {
    return `${await this.namespacePath()}/tables/${encodeURIComponent(name)}`;
  }

  private async request(method: string, path: string, body?: object): Promise<Answer> {
    const { uri, token } = this.props;
    const response = await fetch(uri.replace(/\/+$/, '') + path, {
      method,
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }), ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      ...(body && { body: stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }

  private ok({ status, text }: Answer, of: string): string {
    if (status >= 200 && status < 300) return text;
    throw new IcebergError('CATALOG_REFUSED', `the catalog at ${new URL(this.props.uri).host} answered ${status} for ${of}: ${messageIn(text)}`);
  }

  private tableIn(answer: Answer, name: string): { readonly 'metadata-location': string; readonly 'metadata': TableMetadata } {
    const { 'metadata-location': location, metadata } = parse(this.ok(answer, `the table '${name}'`)) as { 'metadata-location': string; 'metadata': unknown };
    return { 'metadata-location': location, 'metadata': readMetadata(stringify(metadata)!, location) };
  }
}

function messageIn(text: string): string {
  try {
    return JSON.parse(text).error.message;
  } catch {
    return text.slice(0, 200);
  }
}
