/** What a container or a process used since it started. */
export interface ResourceUse {
  /** Whose it is, whichever process it is at the moment. */
  readonly name: string;
  /** Another one with each container or process. One that is started again keeps it, and counts from nothing. */
  readonly start: string;
  /** Of one core. */
  readonly cpuSeconds: number;
  /** Without what the system would give away at once. */
  readonly memoryBytes: number;
  /** Absent where nobody counts: on the host's network. */
  readonly rxBytes?: number;
  readonly txBytes?: number;
}
