import type { StandIns } from '../demo/stand-ins';

/** What a shell needs to use the stand-ins as if they were the real ones. */
export function environmentOf({ source, cloud, pipeline }: StandIns, packageFile: string): Readonly<Record<string, string>> {
  return {
    ...cloud.env,
    // By name: the certificate is checked against it.
    SQL_SERVER: 'localhost',
    SQL_PORT: String(source.port),
    SQL_USER: source.user,
    SQL_DATABASE: source.database,
    SQL_CA_FILE: source.caFile,
    LEGACY_TO_S3_PASSWORD: source.password,
    LANDING_BUCKET: pipeline.bucketName,
    LEGACY_TO_S3_PACKAGE: packageFile,
  };
}

/** The environment as a POSIX shell reads it. */
export function shellExports(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`).join('');
}

/** What to do now. */
export function nextSteps(file: string, stackName: string): string {
  return `
Up until Ctrl-C. In another terminal, in an empty folder:

  . ${file}
  npm install "$LEGACY_TO_S3_PACKAGE"
  npx cdk-legacy-to-s3 extract --server "$SQL_SERVER" --port "$SQL_PORT" --ca-file "$SQL_CA_FILE" --user "$SQL_USER" --database "$SQL_DATABASE" --stack ${stackName}
  npx cdk-legacy-to-s3 dashboard --stack ${stackName} --range 15m --period 10s
`;
}
