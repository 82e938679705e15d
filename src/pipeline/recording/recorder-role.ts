import { Construct } from 'constructs';
import { RecordingRoleProps } from './recording-function';
import { HandlerRole } from '../access/handler-role';

/** The recorder's role: what the handler calls, on the resources it calls it on, and nothing else. */
export class RecorderRole extends HandlerRole {
  constructor(scope: Construct, id: string, props: RecordingRoleProps) {
    super(scope, id, 'Lets the landing recorder read landed objects and write their metadata');
    this.allowReadingObjects(props.bucket, props.objectPrefix);
    this.allowRecording(props.table);
    this.allowLogging(props.logGroup);
    this.allowSendingFailures(props.failureQueue);
    props.bucket.encryptionKey?.grant(this, 'kms:Decrypt');
    props.failureQueue.encryptionMasterKey?.grant(this, 'kms:Decrypt', 'kms:GenerateDataKey');
    this.allowTableKey(props.table.encryptionKey);
    if (props.inVpc) this.allowNetworkInterfaces();
  }
}
