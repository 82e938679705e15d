import mssql from 'mssql';
import { connect } from './mssql-client';
import { StandIn, StandInOptions, startStandIn } from '../../../tools/stand-in';

/** A stand-in of a file's tests, with a pool that is connected to it; both are there while tests run. */
export interface Running {
  readonly standIn: StandIn;
  readonly pool: mssql.ConnectionPool;
}

/** Starts a stand-in before the tests of a file and stops it after them. */
export function running(options: StandInOptions, connections?: number): Running {
  const held: { -readonly [name in keyof Running]?: Running[name] } = {};
  beforeAll(async () => {
    held.standIn = await startStandIn(options);
    held.pool = await connect(held.standIn, { pool: connections });
  });
  afterAll(async () => {
    await held.pool?.close();
    await held.standIn?.stop();
  });
  return held as Running;
}

export async function withStandIn<T>(options: StandInOptions, action: (standIn: StandIn) => Promise<T>): Promise<T> {
  const standIn = await startStandIn(options);
  try {
    return await action(standIn);
  } finally {
    await standIn.stop();
  }
}
