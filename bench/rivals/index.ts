import { freebcp } from './freebcp';
import { odbc2parquet } from './odbc2parquet';
import { pythonClient } from './python-client';
import type { Rival } from '../harness/measured';

/** Clients that are not Node programs. They run when they are installed; nothing of them is needed. */

const MSSQL_PYTHON = { script: 'mssql_python_parquet.py', modules: 'mssql_python, pyarrow' };
const CONNECTORX = { script: 'connectorx_parquet.py', modules: 'connectorx, pyarrow', variable: 'BENCH_CONNECTORX_PYTHON' };

export const RIVALS: { readonly [name: string]: Rival } = {
  'mssql-python-zstd': pythonClient(MSSQL_PYTHON, 'zstd'),
  'mssql-python-snappy': pythonClient(MSSQL_PYTHON, 'snappy'),
  freebcp,
  'odbc2parquet-zstd': odbc2parquet('zstd'),
  'connectorx-zstd': pythonClient(CONNECTORX, 'zstd'),
};
