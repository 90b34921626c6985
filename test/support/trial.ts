import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../../bench/free-port.ts";
import type { Key } from "../../src/domain/key.ts";
import { type Link, tgLink } from "../../src/domain/link.ts";
import { type Mode, makeSecret } from "../../src/domain/secret.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { createTrialEngine } from "../../src/engine/trial/trial-engine.ts";
import type { TrialConfigFile } from "../../src/render/trial-config.ts";

/** The bundled server, as `npm run build` makes it. */
export const trialProgram = resolve(import.meta.dirname, "../../dist/trial-server.cjs");

export const coverDomain = "cover.example";

export interface TrialHome {
  readonly folder: string;
  readonly run: string;
  readonly logs: string;
  readonly port: number;
  readonly engine: Engine;
  /** Writes trial.json with these changes on top of what was written last. */
  configure(change?: TrialConfigChange): Promise<TrialConfigFile>;
  /** Writes trial.json and makes it live. */
  up(change?: TrialConfigChange): Promise<void>;
  /** Process id of the running server. */
  pid(): Promise<number>;
  /** A link to the server on loopback. */
  link(key: Key, mode?: Mode, domain?: string): Link;
  /** The same as text, as a client gets it. */
  url(key: Key, mode?: Mode, domain?: string): string;
}

export interface TrialConfigChange extends Partial<Omit<TrialConfigFile, "limits">> {
  readonly limits?: Partial<TrialConfigFile["limits"]> & Readonly<Record<string, number>>;
}

/** Calls `work` with a home for a trial server of its own on a free port; the server is ended afterwards. */
export async function withTrialHome<T>(work: (home: TrialHome) => Promise<T>, parent = tmpdir()): Promise<T> {
  const home = await openTrialHome(parent);
  try {
    return await work(home);
  } finally {
    await home.engine.stop();
    await rm(home.folder, { recursive: true, force: true });
  }
}

/** The same for a caller who stops the engine and removes the folder. */
export async function openTrialHome(parent = tmpdir()): Promise<TrialHome> {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "mtproxy-trial-"));
  const [rendered, run, logs] = [join(folder, "rendered"), join(folder, "run"), join(folder, "logs")];
  const port = await freePort();
  const engine = createTrialEngine({ rendered, run, logs, program: trialProgram });
  let file = emptyConfig(port);
  let version = 0;
  const configure = async (change: TrialConfigChange = {}): Promise<TrialConfigFile> => {
    version += 1;
    file = { ...file, configDigest: `digest ${version}`, ...change, limits: { ...file.limits, ...change.limits } };
    await mkdir(rendered, { recursive: true });
    await writeFile(join(rendered, "trial.json"), JSON.stringify(file), { mode: 0o600 });
    return file;
  };
  const link = (key: Key, mode: Mode = "padded", domain = coverDomain): Link => ({
    server: "127.0.0.1",
    port: file.port,
    secret: makeSecret(mode, key, domain),
  });
  return {
    folder,
    run,
    logs,
    port,
    engine,
    configure,
    link,
    url: (...of) => tgLink(link(...of)),
    up: async (change) => {
      const { configDigest, shardId } = await configure(change);
      await engine.up([{ shardId, configDigest }], []);
    },
    pid: async () => {
      const [instance] = await engine.instances();
      if (instance === undefined) throw new Error("no trial server was started");
      return Number(instance.id);
    },
  };
}

function emptyConfig(port: number): TrialConfigFile {
  return {
    about: "",
    configDigest: "",
    shardId: 1,
    port,
    publicHost: "127.0.0.1",
    keys: [],
    covers: [],
    datacenters: {},
    limits: { maxConnections: 1_000 },
  };
}

export { freePort };
