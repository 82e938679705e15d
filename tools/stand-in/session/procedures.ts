import { Arguments, CaptureProcedures } from './changes/capture-procedures';
import { DefinitionRunner } from './definition-runner';
import { Evaluator } from './evaluator';
import { SessionState } from './session-state';
import { ObjectName, Statement } from '../sql/ast';
import { StorageValue, Variable } from '../sql/binder/bound';
import { SqlError } from '../sql/errors';
import { parseParameters } from '../sql/parser/parameters';
import { StatementParser } from '../sql/parser/statement-parser';
import { MAX, nvarchar } from '../sql/types';

/** The batch that calls a procedure. */
interface Caller {
  readonly session: SessionState;
  readonly evaluator: Evaluator;
  readonly definitions: DefinitionRunner;
  /** Runs another batch within. */
  batch(sql: string): Promise<boolean>;
}

type Execute = Extract<Statement, { kind: 'execute' }>;

/** EXEC of text or of one of the procedures the stand-in has. */
export async function executeProcedure(caller: Caller, statement: Execute): Promise<void> {
  if (statement.text) {
    const text = String(await caller.evaluator.scalar(statement.text, nvarchar(MAX)));
    await runNested(caller, text, new Map());
    return;
  }
  const parts = statement.procedure!.parts;
  const name = parts[parts.length - 1].toLowerCase();
  switch (name) {
    case 'sp_executesql': {
      const text = String(await argument(caller, statement, 0));
      const declared = statement.args.length > 1 ? parseParameters(String(await argument(caller, statement, 1))) : [];
      const variables = new Map<string, Variable>();
      for (const [at, parameter] of declared.entries()) {
        const given = statement.args.slice(2).find((arg) => arg.name?.toLowerCase() === parameter.name.toLowerCase()) ?? statement.args.slice(2)[at];
        variables.set(parameter.name.toLowerCase(), {
          type: parameter.type,
          value: given ? await caller.evaluator.scalar(given.value, parameter.type) : null,
        });
      }
      await runNested(caller, text, variables);
      return;
    }
    case 'sp_rename': {
      const kind = statement.args.length > 2 ? String(await argument(caller, statement, 2)).toUpperCase() : 'OBJECT';
      await caller.definitions.rename(objectNameOf(String(await argument(caller, statement, 0))), String(await argument(caller, statement, 1)), kind);
      return;
    }
    case 'sp_cdc_enable_db':
      await new CaptureProcedures(caller.session).enableDatabase();
      return;
    case 'sp_cdc_disable_db':
      await new CaptureProcedures(caller.session).disableDatabase();
      return;
    case 'sp_cdc_enable_table':
      await new CaptureProcedures(caller.session).enableTable(await named(caller, statement,
        ['source_schema', 'source_name', 'capture_instance', 'supports_net_changes', 'role_name', 'index_name', 'captured_column_list', 'filegroup_name']));
      return;
    case 'sp_cdc_disable_table':
      await new CaptureProcedures(caller.session).disableTable(await named(caller, statement, ['source_schema', 'source_name', 'capture_instance']));
      return;
    case 'sp_cdc_cleanup_change_table':
      await new CaptureProcedures(caller.session).cleanUp(await named(caller, statement, ['capture_instance', 'low_water_mark', 'threshold']));
      return;
    case 'sp_cdc_help_change_data_capture':
      await runNested(caller, new CaptureProcedures(caller.session).help(await named(caller, statement, ['source_schema', 'source_name'])), new Map());
      return;
    case 'sp_cdc_scan':
      new CaptureProcedures(caller.session).capture();
      await caller.session.engine.runCapture(caller.session.database);
      return;
    case 'sp_set_session_context':
    case 'sp_reset_connection':
      return;
    default:
      throw new SqlError(2812, `Could not find stored procedure '${parts.join('.')}'.`, { state: 62, line: statement.line });
  }
}

/** Arguments by name; those without one have the names in order. */
async function named(caller: Caller, { args }: Execute, order: readonly string[]): Promise<Arguments> {
  const values = new Map<string, string | null>();
  for (const [at, arg] of args.entries()) {
    const value = await caller.evaluator.scalar(arg.value, arg.value.kind === 'variable' ? caller.session.variables.get(arg.value.name.toLowerCase())?.type ?? nvarchar(MAX) : nvarchar(MAX));
    values.set(arg.name?.slice(1).toLowerCase() ?? order[at], Buffer.isBuffer(value) ? `0x${value.toString('hex')}` : value);
  }
  return values;
}

async function argument(caller: Caller, statement: Execute, at: number): Promise<StorageValue> {
  return caller.evaluator.scalar(statement.args[at].value, nvarchar(MAX));
}

/** A name of several parts, as it stands in text. */
function objectNameOf(text: string): ObjectName {
  const [statement] = StatementParser.parse(`TRUNCATE TABLE ${text}`);
  return (statement as Extract<Statement, { kind: 'truncate' }>).table;
}

/** Variables of the caller are out of sight inside. */
async function runNested(caller: Caller, text: string, variables: Map<string, Variable>): Promise<void> {
  const { session } = caller;
  const outer = session.variables;
  session.variables = variables;
  try {
    await caller.batch(text);
  } finally {
    session.variables = outer;
  }
}
