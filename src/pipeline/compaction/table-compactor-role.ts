import { Construct } from 'constructs';
import { tablesFolder } from '../../contract';
import { HandlerRole } from '../access/handler-role';
import { acknowledgeResource } from '../access/nag-acknowledgements';
import { RecordingRoleProps } from '../recording/recording-function';

/** The role of the function that compacts tables: it reads landed objects, and writes and deletes in the tables' folder alone. */
export class TableCompactorRole extends HandlerRole {
  constructor(scope: Construct, props: RecordingRoleProps) {
    super(scope, 'Lets the function that compacts landed tables write their files anew', props.role);
    const { bucket, objectPrefix = '' } = props;
    const landed = bucket.arnForObjects(`${objectPrefix}*`);
    this.allow('ReadLandedFiles', ['s3:GetObject'], [landed]);
    acknowledgeResource(this.role, landed, 'the function reads whatever landed under the watched prefix');
    // Files of attempts that were killed are listed; and without it S3 answers 403 instead of 404 for an object that is gone.
    this.allow('ListTableFiles', ['s3:ListBucket'], [bucket.bucketArn]);
    const tables = bucket.arnForObjects(`${tablesFolder(objectPrefix)}*`);
    this.allow('RewriteTables', ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], [tables]);
    acknowledgeResource(this.role, tables, 'files are named after the source\'s tables, which nobody knows before');
    this.allow('TakeTables', ['dynamodb:UpdateItem'], [props.table.tableArn]);
    this.allowSurroundings(props, 'kms:Decrypt', 'kms:GenerateDataKey');
  }
}
