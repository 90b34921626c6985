import {
  type BothWays,
  isAnew,
  isUnseen,
  knownBytes,
  NO_BYTES,
  type ServerBytes,
  without,
  withRecord,
  withSight,
} from "./server-bytes.ts";

export interface WorkerBytes {
  readonly servers: Readonly<Record<string, ServerBytes>>;
  /**
   * Server entries whose name is somebody else's since they were looked at, and the names that the bytes of before have now: the
   * counters may still show those.
   */
  readonly handedOver?: Readonly<Record<string, string>>;
  /** ISO 8601; since when it is not there any more. */
  readonly goneSince?: string;
}

/** What a worker counts for a server entry, ended and open connections together. */
export interface SeenBytes {
  readonly name: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A worker's last records were read by then. */
const FORGET_AFTER_MS = 86_400_000;
const NEW: WorkerBytes = { servers: {} };

/** What each worker of HAProxy carried, by server entry: says of everything that is told what was not known of it before. */
export class WorkerBook {
  readonly #workers: Map<string, WorkerBytes>;
  /** Grows with every change. */
  version = 0;

  constructor(workers: Readonly<Record<string, WorkerBytes>>) {
    this.#workers = new Map(Object.entries(workers));
  }

  get state(): Record<string, WorkerBytes> {
    return Object.fromEntries(this.#workers);
  }

  /** A record's bytes. `server`: as it is called now; `entry`: as HAProxy called it. */
  take(worker: string, { server, entry }: { server: string; entry: string }, bytes: BothWays): BothWays {
    const { servers, handedOver } = this.#of(worker);
    const isLate = server !== entry && servers[server] === undefined && isUnseen(servers[entry] ?? NO_BYTES);
    if (isLate) this.#set(worker, { handedOver: { ...handedOver, [entry]: server } });
    return this.#change(worker, server, (it) => withRecord(it, bytes));
  }

  /** What a living worker's counters show. */
  see(worker: string, counts: readonly SeenBytes[]): (readonly [server: string, bytes: BothWays])[] {
    const { goneSince } = this.#of(worker);
    if (goneSince !== undefined) this.#set(worker, { goneSince: undefined });
    return counts.flatMap(({ name, bytesIn, bytesOut }) => this.#seeOne(worker, name, [bytesIn, bytesOut]));
  }

  /** From now on these server entries are somebody else's. @param newName of the bytes up to now; undefined where nothing changes */
  handOver(newName: (server: string) => string | undefined): void {
    for (const [mark, { servers, handedOver }] of this.#workers) {
      const moved = Object.keys(servers).flatMap((name) => {
        const next = newName(name);
        return next === undefined ? [] : [[name, next] as const];
      });
      if (moved.length === 0) continue;
      const names = new Map(moved);
      const renamed = Object.entries(servers).map(([name, bytes]) => [names.get(name) ?? name, bytes] as const);
      this.#set(mark, {
        servers: Object.fromEntries(renamed),
        handedOver: { ...handedOver, ...Object.fromEntries(moved) },
      });
    }
  }

  /** Forgets workers long after they have gone. For whoever has read all of their records. */
  forgetAllBut(living: readonly string[], now: Date): void {
    for (const [mark, { goneSince }] of this.#workers) {
      if (living.includes(mark)) continue;
      if (goneSince === undefined) this.#set(mark, { goneSince: now.toISOString() });
      else if (now.getTime() - Date.parse(goneSince) > FORGET_AFTER_MS) this.#workers.delete(mark);
      else continue;
      this.version += 1;
    }
  }

  #seeOne(worker: string, name: string, seen: BothWays): (readonly [string, BothWays])[] {
    const { servers, handedOver } = this.#of(worker);
    const former = handedOver?.[name];
    if (former !== undefined) return this.#seeFirst(worker, name, former, seen);
    if (servers[name] === undefined && seen[0] + seen[1] === 0) return [];
    return [[name, this.#change(worker, name, (it) => withSight(it, seen))]];
  }

  /** The first look after a name went to somebody else, whose entry is another one, unless it was not made again. */
  #seeFirst(worker: string, name: string, former: string, seen: BothWays): (readonly [string, BothWays])[] {
    const { servers, handedOver } = this.#of(worker);
    const { [name]: _, ...others } = handedOver ?? {};
    this.#set(worker, { handedOver: Object.keys(others).length === 0 ? undefined : others });
    const theirs = servers[former] ?? NO_BYTES;
    const isTheirs = !isUnseen(theirs) && !isAnew(theirs, seen);
    const tail = isTheirs ? [[former, this.#change(worker, former, (it) => withSight(it, seen))] as const] : [];
    // Of an entry that nobody looked at the records tell what was theirs: those have all ended.
    const share = isTheirs ? seen : isUnseen(theirs) ? leastOf(knownBytes(theirs), seen) : ([0, 0] as const);
    return [...tail, [name, this.#change(worker, name, (it) => withSight(without(it, share), seen))]];
  }

  /** Gives what is known now and was not before. */
  #change(worker: string, server: string, change: (bytes: ServerBytes) => ServerBytes): BothWays {
    const { servers } = this.#of(worker);
    const before = servers[server] ?? NO_BYTES;
    const after = change(before);
    if (after.every((value, index) => value === before[index])) return [0, 0];
    this.#set(worker, { servers: { ...servers, [server]: after } });
    const [was, is] = [knownBytes(before), knownBytes(after)];
    return [is[0] - was[0], is[1] - was[1]];
  }

  #of(worker: string): WorkerBytes {
    return this.#workers.get(worker) ?? NEW;
  }

  #set(worker: string, change: { readonly [K in keyof WorkerBytes]?: WorkerBytes[K] | undefined }): void {
    const { servers, handedOver, goneSince } = { ...this.#of(worker), ...change };
    this.#workers.set(worker, {
      servers: servers ?? {},
      ...(handedOver === undefined ? {} : { handedOver }),
      ...(goneSince === undefined ? {} : { goneSince }),
    });
    this.version += 1;
  }
}

function leastOf(a: BothWays, b: BothWays): BothWays {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
}
