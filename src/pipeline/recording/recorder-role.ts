import { Construct } from 'constructs';
import { RecordingRoleProps } from './recording-function';
import { HandlerRole } from '../access/handler-role';

/** The recorder's role: what the handler calls, on the resources it calls it on, and nothing else. */
export class RecorderRole extends HandlerRole {
  constructor(scope: Construct, props: RecordingRoleProps) {
    super(scope, 'Lets the landing recorder read landed objects and write their metadata', props.role);
    this.allowReadingObjects(props.bucket, props.objectPrefix);
    this.allowRecording(props.table);
    this.allowLogging(props.logGroup);
    this.allowSendingFailures(props.failureQueue);
    props.bucket.encryptionKey?.grant(this.role, 'kms:Decrypt');
    props.failureQueue.encryptionMasterKey?.grant(this.role, 'kms:Decrypt', 'kms:GenerateDataKey');
    this.allowTableKey(props.table.encryptionKey);
    if (props.inVpc) this.allowNetworkInterfaces();
  }
}
