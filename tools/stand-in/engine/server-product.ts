/** What a server says it is, and what its system catalog lacks. */
export interface ServerProduct {
  /** SERVERPROPERTY('EngineEdition') */
  readonly engineEdition: number;
  /** SERVERPROPERTY('ProductVersion') */
  readonly productVersion: string;
  /** Views of `sys` that are not there, as `security_policies`, and columns of them, as `columns.is_masked`. */
  readonly without: readonly string[];
}

/** What came to the catalog with SQL Server 2016. */
const SINCE_2016 = ['columns.is_masked', 'columns.encryption_type', 'masked_columns', 'security_policies', 'security_predicates'];

/** `sys.database_recovery_status` is of SQL Server and Managed Instance (its "Applies to"). */
const NO_RECOVERY_STATUS = ['database_recovery_status'];

/** Products by name. The services give versions of their own, lower than that of the SQL Server they are made of. */
export const SERVER_PRODUCTS = {
  sqlServer2022: { engineEdition: 3, productVersion: '16.0.4181.5', without: [] },
  sqlServer2016: { engineEdition: 2, productVersion: '13.0.6300.2', without: [] },
  sqlServer2014: { engineEdition: 3, productVersion: '12.0.6024.0', without: SINCE_2016 },
  azureSqlDatabase: { engineEdition: 5, productVersion: '12.0.2000.8', without: NO_RECOVERY_STATUS },
  managedInstance: { engineEdition: 8, productVersion: '12.0.2000.8', without: [] },
  // No Always Encrypted (Always Encrypted, "Applies to").
  synapseDedicated: { engineEdition: 6, productVersion: '10.0.17188.0', without: ['columns.encryption_type', ...NO_RECOVERY_STATUS] },
  synapseServerless: { engineEdition: 11, productVersion: '12.0.2000.8', without: NO_RECOVERY_STATUS },
  fabricSqlDatabase: { engineEdition: 12, productVersion: '12.0.2000.8', without: NO_RECOVERY_STATUS },
} satisfies { readonly [name: string]: ServerProduct };
