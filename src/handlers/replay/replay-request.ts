import { ReplayRequest } from '../../contract';
import { HandlerError } from '../shared/errors';

const ACTIONS = ['queue', 'objects', 'run'];

/**
 * Checks what the replay function was given.
 *
 * @throws HandlerError INVALID_REQUEST saying what is wrong
 */
export function parseReplayRequest(event: unknown): ReplayRequest {
  const request = (typeof event === 'object' && event !== null ? event : {}) as Record<string, unknown>;
  if (!ACTIONS.includes(request.action as string)) {
    throw invalid(`expected an action of ${ACTIONS.map((each) => `'${each}'`).join(', ')}, got ${JSON.stringify(request.action)}`);
  }
  for (const name of ['prefix', 'token']) {
    if (request[name] !== undefined && typeof request[name] !== 'string') throw invalid(`expected ${name} to be a text, got ${JSON.stringify(request[name])}`);
  }
  if (request.action === 'run' && (typeof request.runId !== 'string' || request.runId === '')) {
    throw invalid(`expected the runId of the run to record again, got ${JSON.stringify(request.runId)}`);
  }
  const known = { queue: ['token'], objects: ['prefix', 'token'], run: ['runId', 'prefix', 'token'] }[request.action as ReplayRequest['action']];
  const unknown = Object.keys(request).filter((name) => name !== 'action' && !known.includes(name));
  if (unknown.length > 0) throw invalid(`action '${request.action}' takes ${known.join(', ')}, got ${unknown.join(', ')}`);
  return request as unknown as ReplayRequest;
}

function invalid(message: string): HandlerError {
  return new HandlerError('INVALID_REQUEST', message);
}
