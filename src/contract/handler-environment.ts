/** Environment variables the pipeline sets on its functions and the functions read. */
export const HANDLER_ENV = {
  /** Name of the metadata table. */
  tableName: 'METADATA_TABLE_NAME',
  /** Namespace of this pipeline's metrics; Powertools reads it under this name. */
  metricsNamespace: 'POWERTOOLS_METRICS_NAMESPACE',
  /** Value of the `service` dimension and log field; Powertools reads it under this name. */
  serviceName: 'POWERTOOLS_SERVICE_NAME',
  /** Level of the logs; Powertools reads it under this name. */
  logLevel: 'POWERTOOLS_LOG_LEVEL',
} as const;
