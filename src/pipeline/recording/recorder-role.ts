import { Construct } from 'constructs';
import { RecordingRoleProps } from './recording-function';
import { HandlerRole } from '../access/handler-role';

/** The recorder's role: what the handler calls, on the resources it calls it on, and nothing else. */
export class RecorderRole extends HandlerRole {
  constructor(scope: Construct, props: RecordingRoleProps) {
    super(scope, 'Lets the landing recorder read landed objects and write their metadata', props.role);
    this.allowReadingObjects(props.bucket, props.objectPrefix);
    this.allowRecording(props.table);
    this.allowSurroundings(props, 'kms:Decrypt');
  }
}
