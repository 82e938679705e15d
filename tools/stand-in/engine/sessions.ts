/** A session as others see it, and how it is ended. */
export interface ServerSession {
  readonly spid: number;
  readonly loginTime: Date;
  readonly hostName: string;
  readonly programName: string;
  readonly loginName: string;
  readonly databaseId: number;
  /** Ends it as KILL does: its connection is cut, and its transaction rolled back. */
  readonly end: () => void;
}

/** The sessions of clients that are logged in. */
export class Sessions {
  /** Counts every change. */
  version = 0;
  private readonly bySpid = new Map<number, ServerSession>();

  add(session: ServerSession): void {
    this.bySpid.set(session.spid, session);
    this.version += 1;
  }

  remove(spid: number): void {
    if (this.bySpid.delete(spid)) {
      this.version += 1;
    }
  }

  get(spid: number): ServerSession | undefined {
    return this.bySpid.get(spid);
  }

  all(): ServerSession[] {
    return [...this.bySpid.values()];
  }
}
