import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { Deadline } from './deadline';
import { invokeFunction } from './invoke-function';
import { ListedObject, ListPosition, objectPage, recordOf } from './object-pages';
import { Tally } from './tally';
import { normalizePrefix, ReplayRequest, ReplayResult, runFolder } from '../../contract';
import { mapConcurrently } from '../shared/concurrency';
import { HandlerError } from '../shared/errors';
import { runFolders } from '../shared/run-folders';

/** Objects given to the recorder in one event. */
const BATCH = 100;

/** Events given to the recorder at the same time. */
const CONCURRENCY = 4;

/** No page is begun with less time than this left. */
const LEAST_MS = 30_000;

/** What recording again works with. */
export interface ReRecordServices {
  readonly s3: S3Client;
  readonly lambda: LambdaClient;
  readonly bucket: string;
  readonly landingPrefix: string;
  readonly recorder: string;
}

/** Where a replay goes on: in which folder, and where there. */
interface Position extends ListPosition {
  readonly folder?: string;
}

/**
 * Records every object version under a prefix, or of a run, again, by the recorder itself. What is recorded already as it
 * is in S3 stays; manifests start the completion of their runs, a run's own comes last.
 *
 * @throws HandlerError INVALID_REQUEST for a prefix outside the watched one, or a token that is none
 */
export async function reRecord(services: ReRecordServices, request: Extract<ReplayRequest, { action: 'objects' | 'run' }>, deadline: Deadline): Promise<ReplayResult> {
  const tally = new Tally();
  const from = decodeToken(request.token);
  const folders = await foldersOf(services, request);
  const first = from.folder === undefined ? 0 : folders.indexOf(from.folder);
  if (first < 0) throw new HandlerError('INVALID_REQUEST', `the token is of another request, or its folder '${from.folder}' is gone: start without it`);
  for (const [index, folder] of folders.slice(first).entries()) {
    let at: ListPosition | undefined = index === 0 ? { keyMarker: from.keyMarker, versionIdMarker: from.versionIdMarker } : {};
    while (at) {
      const here: Position = { folder, ...at };
      if (!deadline.allows(LEAST_MS)) return tally.result(request.action, encodeToken(here));
      const { objects, next } = await objectPage(services.s3, services.bucket, folder, at);
      if (!await recordAll(services, objects, deadline, tally)) return tally.result(request.action, encodeToken(here));
      at = next;
    }
  }
  return tally.result(request.action);
}

async function foldersOf(services: ReRecordServices, request: Extract<ReplayRequest, { action: 'objects' | 'run' }>): Promise<string[]> {
  const { s3, bucket, landingPrefix } = services;
  const prefix = request.prefix ?? landingPrefix;
  if (!prefix.startsWith(landingPrefix)) {
    throw new HandlerError('INVALID_REQUEST', `expected a prefix that begins with '${landingPrefix}', which the pipeline watches, got '${prefix}'`);
  }
  if (request.action === 'objects') return [prefix];
  const base = normalizePrefix(prefix);
  return [...await runFolders(s3, bucket, base, request.runId), runFolder(base, request.runId)];
}

/** @returns whether there was time for all */
async function recordAll(services: ReRecordServices, objects: readonly ListedObject[], deadline: Deadline, tally: Tally): Promise<boolean> {
  const batches = Array.from({ length: Math.ceil(objects.length / BATCH) }, (_each, index) => objects.slice(index * BATCH, (index + 1) * BATCH));
  const done = await mapConcurrently(batches, CONCURRENCY, async (batch) => recordBatch(services, batch, deadline, tally));
  return done.every(Boolean);
}

/** A batch that fails is given object by object, so that the failures can be named. */
async function recordBatch(services: ReRecordServices, batch: readonly ListedObject[], deadline: Deadline, tally: Tally): Promise<boolean> {
  const outcome = await give(services, batch, deadline);
  if (outcome.kind === 'unfinished') return false;
  if (outcome.kind === 'succeeded') {
    tally.success(batch.length);
    return true;
  }
  if (batch.length === 1) {
    tally.failure(`${batch[0].key} version ${batch[0].versionId}`, outcome.message);
    return true;
  }
  const done = await mapConcurrently(batch, CONCURRENCY, async (object) => recordBatch(services, [object], deadline, tally));
  return done.every(Boolean);
}

async function give({ lambda, recorder, bucket }: ReRecordServices, objects: readonly ListedObject[], deadline: Deadline) {
  return invokeFunction(lambda, recorder, { Records: objects.map((object) => recordOf(bucket, object)) }, deadline);
}

function encodeToken(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function decodeToken(token: string | undefined): Position {
  if (token === undefined) return {};
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as Position;
  } catch {
    throw new HandlerError('INVALID_REQUEST', `expected a token of an earlier answer, got '${token.slice(0, 100)}'`);
  }
}
