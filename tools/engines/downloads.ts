import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');

/** Where engines are installed; git ignores it. */
export const ENGINES = path.join(ROOT, '.engines');

/** A file of a Maven repository. */
export interface Download {
  /** `group:artifact:version:type`, as Maven has them. */
  readonly artifact: string;
  readonly sha256: string;
}

const TRINO = '476';
const ICEBERG = '1.10.1';

/** The last Trino whose pieces are in Maven repositories as archives with all their dependencies in them. */
export const TRINO_DOWNLOADS: readonly Download[] = [
  { artifact: `io.trino:trino-server-core:${TRINO}:tar.gz`, sha256: '0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158' },
  { artifact: `io.trino:trino-hive:${TRINO}:zip`, sha256: '611bacdb07d9f3cf7b9d47f97ecc76fa2e7ff8bfe8a9728c3d06adc1bfb8662e' },
  { artifact: `io.trino:trino-iceberg:${TRINO}:zip`, sha256: '99edba5b491ed94d599aeb61e0794272d3569d8b563f3bb8569e8a49daa87b6c' },
];

/** For the Spark of requirements.txt: 4.0, Scala 2.13. */
export const SPARK_DOWNLOADS: readonly Download[] = [
  { artifact: `org.apache.iceberg:iceberg-spark-runtime-4.0_2.13:${ICEBERG}:jar`, sha256: '2192a0881ed0f5773b5a83a8820d2b0b2069beec203028643a1c338551007f09' },
  { artifact: `org.apache.iceberg:iceberg-aws-bundle:${ICEBERG}:jar`, sha256: '86bf20892ea5b4c17688f19b075399885f6aa5303f6b2dc9f491e76ceef9633b' },
];

/** Apache's own server of the REST catalog API, and the S3 that it writes to. */
export const REST_DOWNLOADS: readonly Download[] = [
  { artifact: 'org.apache.iceberg:iceberg-open-api:1.9.2:jar', sha256: '5c4348ff8e471c32981f6609949ca728c0f6e3dc8780003706ee2e0477f366c7' },
];

/** Name of the file that Maven makes of it. */
export function fileOf({ artifact }: Download): string {
  const [, name, version, type] = artifact.split(':');
  return `${name}-${version}.${type}`;
}

export const VENV = path.join(ENGINES, 'venv');
export const PYTHON = path.join(VENV, 'bin', 'python');
export const REQUIREMENTS = path.join(__dirname, 'requirements.txt');
export const TRINO_HOME = path.join(ENGINES, 'trino', `trino-server-core-${TRINO}`);
export const SPARK_JARS = path.join(ENGINES, 'spark');
export const REST_JARS = path.join(ENGINES, 'rest');

/** Says what a folder was installed from; written when it is whole. */
export const STAMP = '.installed-from';
