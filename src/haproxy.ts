/** HAProxy's backend with one server entry a key. */
export const usersBackend = "users";

/** One server entry of HAProxy, as it stands in the running one. */
export interface ServerEntry {
  readonly name: string;
  /** IPv4 or IPv6 address. */
  readonly address: string;
  readonly port: number;
}

/** What HAProxy counted for a server entry since its worker started. */
export interface ServerCounts {
  readonly name: string;
  /** As HAProxy says it: `UP`, `DOWN`, `MAINT`, `no check`… */
  readonly status: string;
  /** Connections that are open, and that ever were. */
  readonly open: number;
  readonly total: number;
  /** From clients and to them. Of what is open the last seconds may be missing. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** An entry of a table: its key and the fields that the table stores, by HAProxy's names (`conn_cur`, `gpc1`, …). */
export interface TableEntry {
  readonly key: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface WorkerInfo {
  readonly version: string;
  /** As in the configuration that it loaded. */
  readonly description?: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly connections: number;
  readonly maxConnections: number;
  /** Lines of its log that it could not write since it started: records of connections among them, whose last bytes nobody books. */
  readonly lostRecords: number;
}

/** A worker that lives, the current one or one of before, and what it counted since it started. */
export interface LivingWorker {
  readonly pid: number;
  /** No other worker has it, whatever its pid. */
  readonly mark: string;
  readonly counts: readonly ServerCounts[];
}

/** A client's connection in a worker. */
export interface WorkerSession {
  /** HAProxy's name for it, good as long as it lives. */
  readonly pointer: string;
  /** `address:port`. */
  readonly source: string;
  readonly frontend: string;
  readonly backend: string;
  readonly server: string;
  readonly ageSeconds: number;
}

/** What the master says of its processes. */
export interface Processes {
  readonly reloads: number;
  readonly failedReloads: number;
  /** Absent while a configuration that cannot be loaded left none. */
  readonly worker?: number;
  /** Workers of configurations before, which keep their connections until these end. */
  readonly oldWorkers: readonly number[];
}

/**
 * HAProxy while it runs, through its sockets. Everything throws AppError engine, with HAProxy's own words, when it does not answer or
 * refuses. Names are those of server entries in the backend `users`.
 */
export interface Haproxy {
  /** Of the worker that takes new connections. */
  info(): Promise<WorkerInfo>;
  /** None where there is no such backend. */
  servers(backend?: string): Promise<ServerEntry[]>;
  counts(backend?: string): Promise<ServerCounts[]>;
  /** Of every worker that lives; without those that end meanwhile. */
  workers(): Promise<LivingWorker[]>;
  /** A new entry takes connections when this returns. AppError conflict when there is one of that name. */
  addServer(server: ServerEntry): Promise<void>;
  /** New connections go to another place; those that are open stay. In `backend`, which is `users` when absent. */
  moveServer(server: ServerEntry, backend?: string): Promise<void>;
  /** Closes what is open, and takes the entry away. No error when there is none. */
  removeServer(name: string): Promise<void>;
  /** Makes the entries those that are wanted: adds, moves, removes. `nobody` stays. */
  syncServers(wanted: readonly ServerEntry[]): Promise<ServerChanges>;
  /** Closes every connection of an entry, in old workers too. No error when there is no such entry. */
  closeSessions(name: string): Promise<void>;
  /** Of the current worker, or of an old one. */
  sessions(pid?: number): Promise<WorkerSession[]>;
  /** All entries of a table, or that of one key. */
  table(name: string, key?: string): Promise<TableEntry[]>;
  setTableValue(table: string, key: string, field: string, value: number): Promise<void>;
  processes(): Promise<Processes>;
  /**
   * Loads the configuration anew and waits until a worker has it; open connections stay with the old one. Waits first until the
   * worker is old enough to hand its tables over. AppError engine when the configuration is refused: the old one goes on.
   */
  reload(): Promise<void>;
}

export interface ServerChanges {
  readonly added: readonly string[];
  readonly moved: readonly string[];
  readonly removed: readonly string[];
}
