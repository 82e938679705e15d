/** The SDK repeats what is throttled or fails on the service's side, with backoff, before Lambda repeats the event. */
export const CLIENT_SETTINGS = { maxAttempts: 5, retryMode: 'standard', requestHandler: { connectionTimeout: 3_000, requestTimeout: 20_000 } };
