"""The most data a state may take or give: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""

import json

from ministack.services import stepfunctions as sfn

MAX_BYTES = 262_144


def check_size(data, what):
    size = len(json.dumps(data, ensure_ascii=False, separators=(',', ':')).encode())
    if size > MAX_BYTES:
        raise sfn._ExecutionError(
            'States.DataLimitExceeded',
            f'{what} with a size exceeding the maximum number of bytes service limit: {size} > {MAX_BYTES}',
        )
