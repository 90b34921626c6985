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

/** The same, to be changed in place: hundreds of entries change every two seconds. */
interface Worker {
  readonly servers: Map<string, ServerBytes>;
  readonly handedOver: Map<string, string>;
  goneSince: string | undefined;
}

/** What each worker of HAProxy carried, by server entry: says of everything that is told what was not known of it before. */
export class WorkerBook {
  readonly #workers: Map<string, Worker>;
  /** Grows with every change. */
  version = 0;

  constructor(workers: Readonly<Record<string, WorkerBytes>>) {
    this.#workers = new Map(Object.entries(workers).map(([mark, bytes]) => [mark, workerOf(bytes)]));
  }

  get state(): Record<string, WorkerBytes> {
    return Object.fromEntries([...this.#workers].map(([mark, worker]) => [mark, bytesOf(worker)]));
  }

  /** A record's bytes. `server`: as it is called now; `entry`: as HAProxy called it. */
  take(mark: string, { server, entry }: { server: string; entry: string }, bytes: BothWays): BothWays {
    const worker = this.#of(mark);
    const isLate = server !== entry && !worker.servers.has(server) && isUnseen(worker.servers.get(entry) ?? NO_BYTES);
    if (isLate) this.#keep(mark, worker).handedOver.set(entry, server);
    return this.#change(mark, worker, server, (it) => withRecord(it, bytes));
  }

  /** What a living worker's counters show. */
  see(mark: string, counts: readonly SeenBytes[]): (readonly [server: string, bytes: BothWays])[] {
    const worker = this.#of(mark);
    if (worker.goneSince !== undefined) this.#keep(mark, worker).goneSince = undefined;
    return counts.flatMap(({ name, bytesIn, bytesOut }) => this.#seeOne(mark, worker, name, [bytesIn, bytesOut]));
  }

  /** From now on these server entries are somebody else's. @param newName of the bytes up to now; undefined where nothing changes */
  handOver(newName: (server: string) => string | undefined): void {
    for (const [mark, worker] of this.#workers)
      for (const [name, bytes] of [...worker.servers]) {
        const next = newName(name);
        if (next === undefined) continue;
        this.#keep(mark, worker).handedOver.set(name, next);
        worker.servers.delete(name);
        worker.servers.set(next, bytes);
      }
  }

  /** Forgets workers long after they have gone. For whoever has read all of their records. */
  forgetAllBut(living: readonly string[], now: Date): void {
    for (const [mark, worker] of this.#workers) {
      if (living.includes(mark)) continue;
      if (worker.goneSince === undefined) this.#keep(mark, worker).goneSince = now.toISOString();
      else if (now.getTime() - Date.parse(worker.goneSince) > FORGET_AFTER_MS) this.#forget(mark);
    }
  }

  #seeOne(mark: string, worker: Worker, name: string, seen: BothWays): (readonly [string, BothWays])[] {
    const former = worker.handedOver.get(name);
    if (former !== undefined) return this.#seeFirst(mark, worker, { name, former }, seen);
    if (!worker.servers.has(name) && seen[0] + seen[1] === 0) return [];
    return [[name, this.#change(mark, worker, name, (it) => withSight(it, seen))]];
  }

  /** The first look after a name went to somebody else, whose entry is another one, unless it was not made again. */
  #seeFirst(
    mark: string,
    worker: Worker,
    { name, former }: { readonly name: string; readonly former: string },
    seen: BothWays,
  ): (readonly [string, BothWays])[] {
    this.#keep(mark, worker).handedOver.delete(name);
    const theirs = worker.servers.get(former) ?? NO_BYTES;
    const isTheirs = !isUnseen(theirs) && !isAnew(theirs, seen);
    const tail = isTheirs ? [[former, this.#change(mark, worker, former, (it) => withSight(it, seen))] as const] : [];
    // Of an entry that nobody looked at the records tell what was theirs: those have all ended.
    const share = isTheirs ? seen : isUnseen(theirs) ? leastOf(knownBytes(theirs), seen) : ([0, 0] as const);
    return [...tail, [name, this.#change(mark, worker, name, (it) => withSight(without(it, share), seen))]];
  }

  /** Gives what is known now and was not before. */
  #change(mark: string, worker: Worker, server: string, change: (bytes: ServerBytes) => ServerBytes): BothWays {
    const before = worker.servers.get(server) ?? NO_BYTES;
    const after = change(before);
    if (after.every((value, index) => value === before[index])) return [0, 0];
    this.#keep(mark, worker).servers.set(server, after);
    const [was, is] = [knownBytes(before), knownBytes(after)];
    return [is[0] - was[0], is[1] - was[1]];
  }

  #of(mark: string): Worker {
    return this.#workers.get(mark) ?? workerOf({ servers: {} });
  }

  /** For whoever changes it. One of which nothing is known is kept from then on. */
  #keep(mark: string, worker: Worker): Worker {
    this.#workers.set(mark, worker);
    this.version += 1;
    return worker;
  }

  #forget(mark: string): void {
    this.#workers.delete(mark);
    this.version += 1;
  }
}

function workerOf({ servers, handedOver, goneSince }: WorkerBytes): Worker {
  const maps = { servers: new Map(Object.entries(servers)), handedOver: new Map(Object.entries(handedOver ?? {})) };
  return { ...maps, goneSince };
}

function bytesOf({ servers, handedOver, goneSince }: Worker): WorkerBytes {
  return {
    servers: Object.fromEntries(servers),
    ...(handedOver.size === 0 ? {} : { handedOver: Object.fromEntries(handedOver) }),
    ...(goneSince === undefined ? {} : { goneSince }),
  };
}

function leastOf(a: BothWays, b: BothWays): BothWays {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
}
