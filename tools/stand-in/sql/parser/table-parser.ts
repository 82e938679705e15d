import { ColumnDefinition, Expr, IndexColumn, ObjectName, PartitionedStorage, TableConstraint, TableOptions } from '../ast';
import { DataParser } from './data-parser';
import { SqlType } from '../types';

/** Tables as CREATE and ALTER TABLE describe them: columns, constraints, keys, where they are kept. */
export abstract class TableParser extends DataParser {
  protected createTable(external = false): {
    kind: 'createTable'; table: ObjectName; columns: ColumnDefinition[]; constraints: TableConstraint[]; storage?: PartitionedStorage; options: TableOptions;
  } {
    const table = this.objectName();
    const columns: ColumnDefinition[] = [];
    const constraints: TableConstraint[] = [];
    const indexes: Array<NonNullable<TableOptions['indexes']>[number]> = [];
    const kinds = ['NODE', 'EDGE', 'FILETABLE'] as const;
    if (!this.is('(')) {
      return { kind: 'createTable', table, columns, constraints, options: { external, as: this.tableKind(kinds), ...this.tableOptions() } };
    }
    this.expect('(');
    do {
      if (this.is(')')) {
        break;
      }
      if (this.startsConstraint()) {
        constraints.push(this.tableConstraint());
      } else if (this.accept('INDEX')) {
        const name = this.name();
        const unique = this.accept('UNIQUE');
        this.clustered();
        const hash = this.accept('HASH');
        indexes.push({ name, unique, hash, columns: this.indexColumns() });
        this.storageOptions();
      } else if (this.accept('PERIOD')) {
        this.expect('FOR');
        this.name();
        this.skipParentheses();
      } else {
        columns.push(this.columnDefinition());
      }
    } while (this.accept(','));
    this.expect(')');
    const as = this.tableKind(kinds);
    const named = this.tableOptions();
    const storage = this.storageOptions();
    return { kind: 'createTable', table, columns, constraints, storage, options: { external, as, indexes, ...named } };
  }

  private tableKind(kinds: readonly ['NODE', 'EDGE', 'FILETABLE']): TableOptions['as'] {
    return this.accept('AS') ? kinds.find((kind) => this.accept(kind)) : undefined;
  }

  /** WITH (name = value, …); what values have in parentheses is read over, but for the name of a history. */
  private tableOptions(): Pick<TableOptions, 'with' | 'history'> {
    const options = new Map<string, string>();
    let history: ObjectName | undefined;
    if (this.accept('WITH')) {
      this.parenthesised(() => this.list(() => {
        const option = this.next().upper;
        const value = this.accept('=') ? this.next() : undefined;
        options.set(option, value?.upper || value?.text || 'ON');
        if (this.is('(', 'HISTORY_TABLE')) {
          this.at += 2;
          this.expect('=');
          history = this.objectName();
          while (!this.accept(')')) {
            this.next();
          }
        } else if (this.is('(')) {
          this.skipParentheses();
        }
      }));
    }
    return { with: options, history };
  }

  protected columnDefinition(): ColumnDefinition {
    const name = this.name();
    let type: SqlType | undefined;
    let nullable: boolean | undefined;
    let identity: ColumnDefinition['identity'];
    let computed: ColumnDefinition['computed'];
    let defaultValue: ColumnDefinition['defaultValue'];
    let masked: string | undefined;
    let encrypted: ColumnDefinition['encrypted'];
    let columnSet = false;
    let fileStream = false;
    let hidden = false;
    const constraints: TableConstraint[] = [];
    if (this.accept('AS')) {
      const start = this.token;
      const expr = this.expression();
      computed = { expr, text: this.textSince(start), persisted: this.accept('PERSISTED') };
    } else {
      type = this.typeName(1);
    }
    for (;;) {
      let constraintName: string | undefined;
      if (this.accept('CONSTRAINT')) {
        constraintName = this.name();
      }
      if (this.accept('NOT', 'NULL')) {
        nullable = false;
      } else if (this.accept('NULL')) {
        nullable = true;
      } else if (this.accept('IDENTITY')) {
        const [seed = 1n, increment = 1n] = this.is('(') ? this.parenthesised(() => this.list(() => this.signedInteger())) : [];
        identity = { seed, increment };
      } else if (this.accept('DEFAULT')) {
        const start = this.token;
        const expr: Expr = this.expression();
        const text = this.textSince(start);
        defaultValue = { expr, text, withValues: this.accept('WITH', 'VALUES') };
      } else if (this.accept('MASKED', 'WITH')) {
        this.expect('(');
        this.expect('FUNCTION', '=');
        masked = this.next().text;
        this.expect(')');
      } else if (this.accept('ENCRYPTED', 'WITH')) {
        const start = this.token;
        this.skipParentheses();
        encrypted = /DETERMINISTIC/i.test(this.textSince(start)) ? 'DETERMINISTIC' : 'RANDOMIZED';
      } else if (this.accept('COLLATE')) {
        type = { ...type!, collation: this.name() };
      } else if (this.is('PRIMARY', 'KEY') || this.is('UNIQUE')) {
        const primary = this.next().upper === 'PRIMARY';
        if (primary) {
          this.expect('KEY');
        }
        const clustered = this.clustered();
        const hash = this.accept('HASH');
        constraints.push({ kind: 'key', name: constraintName, primary, clustered, hash, columns: [{ name, descending: false }] });
        if (this.is('WITH', '(')) {
          this.next();
          this.skipParentheses();
        }
      } else if (this.is('REFERENCES') || this.is('FOREIGN', 'KEY')) {
        this.accept('FOREIGN', 'KEY');
        constraints.push(this.references(constraintName, [name]));
      } else if (this.is('CHECK')) {
        constraints.push(this.tableConstraint(constraintName));
      } else if (this.accept('COLUMN_SET', 'FOR', 'ALL_SPARSE_COLUMNS')) {
        columnSet = true;
      } else if (this.accept('FILESTREAM')) {
        fileStream = true;
      } else if (this.accept('GENERATED', 'ALWAYS', 'AS')) {
        this.next();
        this.next();
        hidden = this.accept('HIDDEN');
      } else if (this.accept('ROWGUIDCOL') || this.accept('SPARSE')) {
        continue;
      } else {
        return { name, type, nullable, identity, computed, defaultValue, masked, encrypted, columnSet, fileStream, hidden, constraints };
      }
    }
  }

  protected startsConstraint(): boolean {
    return ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'FOREIGN', 'CHECK'].includes(this.token.upper);
  }

  protected tableConstraint(named?: string): TableConstraint {
    const name = named ?? (this.accept('CONSTRAINT') ? this.name() : undefined);
    if (this.accept('CHECK')) {
      const start = this.token;
      this.skipParentheses();
      return { kind: 'check', name, text: this.textSince(start) };
    }
    if (this.accept('FOREIGN', 'KEY')) {
      return this.references(name, this.parenthesised(() => this.list(() => this.name())));
    }
    const primary = this.accept('PRIMARY', 'KEY');
    if (!primary) {
      this.expect('UNIQUE');
    }
    const clustered = this.clustered();
    const hash = this.accept('HASH');
    const columns = this.indexColumns();
    this.storageOptions();
    return { kind: 'key', name, primary, clustered, hash, columns };
  }

  private references(name: string | undefined, columns: string[]): TableConstraint {
    this.expect('REFERENCES');
    const references = this.objectName();
    const referenced = this.is('(') ? this.parenthesised(() => this.list(() => this.name())) : [];
    while (this.accept('ON', 'DELETE') || this.accept('ON', 'UPDATE')) {
      this.next();
      this.accept('ACTION');
      this.accept('NULL');
    }
    return { kind: 'foreign', name, columns, references, referenced };
  }

  protected indexColumns(): IndexColumn[] {
    return this.parenthesised(() => this.list(() => {
      const name = this.name();
      const descending = this.accept('DESC');
      if (!descending) {
        this.accept('ASC');
      }
      return { name, descending };
    }));
  }

  protected clustered(): boolean | undefined {
    return this.accept('CLUSTERED') ? true : this.accept('NONCLUSTERED') ? false : undefined;
  }

  private signedInteger(): bigint {
    const sign = this.accept('-') ? -1n : 1n;
    return sign * BigInt(this.next().text);
  }

  /** Where data is kept; filegroups are read over. */
  protected storageOptions(): PartitionedStorage | undefined {
    let storage: PartitionedStorage | undefined;
    if (this.is('WITH', '(')) {
      this.next();
      this.skipParentheses();
    }
    while (this.accept('ON') || this.accept('TEXTIMAGE_ON')) {
      const scheme = this.name();
      if (this.is('(')) {
        storage = { scheme, column: this.parenthesised(() => this.name()) };
      }
    }
    return storage;
  }
}
