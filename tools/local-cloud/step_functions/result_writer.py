"""ResultWriter: what the children of a Map Run gave, as objects in S3.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

import json

from ministack.services import s3
from ministack.services import stepfunctions as sfn

from step_functions.redrive import redrive_fields
from step_functions.roles import check_role

FIELDS = (
    'executionArn', 'input', 'name', 'output', 'error', 'cause', 'startDate', 'stateMachineArn', 'status', 'stopDate'
)
FILES = {'SUCCEEDED': ('succeeded',), 'FAILED': ('failed', 'timedOut', 'aborted'), 'PENDING': ('pending',)}


def told(child):
    """A child as its line in the result files; one that never started has its input only."""
    if child.execution is None:
        return {'Input': json.dumps(child.data), 'Status': 'PENDING'}
    fields = {**{name: child.execution.get(name) for name in FIELDS}, **redrive_fields(child.execution)}
    return {name[0].upper() + name[1:]: value for name, value in fields.items() if value is not None}


def transformed(children, transformation):
    if transformation in (None, 'NONE'):
        return [told(child) for child in children]
    outputs = [json.loads(child.execution['output']) for child in children if child.outcome == 'succeeded']
    if transformation == 'FLATTEN':
        return [each for output in outputs for each in (output if isinstance(output, list) else [output])]
    return outputs


def put(bucket, key, data, lines=False, ctx=None):
    text = '\n'.join(json.dumps(each) for each in data) if lines else json.dumps(data)
    check_role(ctx, 's3:PutObject', f'arn:aws:s3:::{bucket}/{key}', 'States.ResultWriterFailed')
    status, _, _ = s3._put_object(bucket, key, text.encode(), {})
    if status >= 300:
        raise sfn._ExecutionError('States.ResultWriterFailed', f'The results could not be written to bucket {bucket}')
    return {'Key': key, 'Size': len(text.encode())}


def write(writer, map_run, effective, ctx):
    """Writes the files and their manifest; gives the output of the Map state."""
    where = sfn._resolve_params_obj(writer.get('Parameters') or writer.get('Arguments') or {}, effective, ctx)
    config = writer.get('WriterConfig') or {}
    lines = config.get('OutputType') == 'JSONL'
    arn = map_run.record['mapRunArn']
    prefix = '/'.join(part for part in (where.get('Prefix', '').strip('/'), arn.rpartition(':')[2]) if part)
    files = {}
    for name, outcomes in FILES.items():
        children = [child for child in map_run.children if child.outcome in outcomes]
        key = f"{prefix}/{name}_0.{'jsonl' if lines else 'json'}"
        transformation = config.get('Transformation') if name == 'SUCCEEDED' else None
        files[name] = [put(where['Bucket'], key, transformed(children, transformation), lines, ctx)] if children else []
    manifest = {'DestinationBucket': where['Bucket'], 'MapRunArn': arn, 'ResultFiles': files}
    key = put(where['Bucket'], f'{prefix}/manifest.json', manifest, ctx=ctx)['Key']
    for counts, weight in (('itemCounts', lambda child: child.size), ('executionCounts', lambda child: 1)):
        written = sum(weight(child) for child in map_run.children if child.outcome == 'succeeded')
        map_run.record[counts]['resultsWritten'] = written
    return {'MapRunArn': arn, 'ResultWriterDetails': {'Bucket': where['Bucket'], 'Key': key}}
