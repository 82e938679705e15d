/** Where the lines of this invocation are (Lambda, "defined runtime environment variables"); undefined outside Lambda. */
export function logsPointer(requestId: string | undefined): string | undefined {
  const { AWS_LAMBDA_LOG_GROUP_NAME: group, AWS_LAMBDA_LOG_STREAM_NAME: stream } = process.env;
  return group && stream ? `Logs: group ${group}, stream ${stream}, request ${requestId ?? 'unknown'}` : undefined;
}
