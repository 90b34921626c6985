/** How a program of the machine ended. */
export interface Ran {
  /** It could not be started, took too long, or did not end with 0. */
  readonly failed: boolean;
  readonly stdout: string;
  /** stdout and stderr as they came. */
  readonly all: string;
}

/** The machine around the home: the programs on it, and where its own files are. */
export interface Machine {
  /** Another folder that stands for the system's `/`, as DESTDIR does for packages: then nothing of the running system is changed. */
  readonly root: string | undefined;
  /** Where a system path such as /etc/cron.d is, under `root` where there is one. */
  at(path: string): string;
  /** As Node names it: x64, arm64. */
  readonly architecture: string;
  /** Words that start this product from anywhere, absolute: the interpreter and the program. */
  readonly ourselves: readonly [string, string];
  /** What a shell finds under a name, everything in the order of PATH; absolute. */
  findOnPath(name: string): Promise<string[]>;
  /** Never throws for what the program does. 30 s unless told otherwise. */
  run(command: readonly string[], options?: { readonly timeoutMs?: number }): Promise<Ran>;
  /** Where a path leads when all links are followed; undefined when nothing is there. */
  realPath(path: string): Promise<string | undefined>;
  /** Whether something has this name, a link that leads nowhere included. */
  hasEntry(path: string): Promise<boolean>;
  /** Names of the folders in a folder, links to folders not among them; none when there is none. */
  folders(path: string): Promise<string[]>;
  /** Makes a symbolic link in a folder that exists. AppError environment. */
  link(path: string, target: string): Promise<void>;
  /** Where a symbolic link leads; undefined when it is none. */
  readLink(path: string): Promise<string | undefined>;
}
