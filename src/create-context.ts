import { join } from "node:path";
import { version } from "../package.json";
import type { Histories } from "./analytics/history/histories.ts";
import type { Context, HostContext, RelayContext } from "./context.ts";
import { HAPROXY_LOG } from "./domain/connection-log.ts";
import { RELAY_RUN } from "./domain/relay.ts";
import type { Settings } from "./domain/settings.ts";
import { createAgents } from "./edge/agents.ts";
import { connectHaproxy } from "./edge/connect-haproxy.ts";
import { ConnectionLog } from "./edge/connection-log.ts";
import type { Engine } from "./engine/engine.ts";
import { announcedFiles } from "./host/announced-files.ts";
import { createFiles } from "./host/files.ts";
import { createHost } from "./host/host.ts";
import { createLocks } from "./host/locks.ts";
import { createMachine } from "./host/machine.ts";
import { systemClock as clock, systemRandom as random } from "./host/process.ts";
import type { Files, HomePaths, Progress } from "./ports.ts";
import { homePaths } from "./state/paths.ts";
import { createStores } from "./state/stores.ts";

/** From here, because a part that is loaded on its own must not be one that this file is made of (scripts/build.mjs). */
export { createFiles };

interface ContextOptions {
  /** FAMILYTRAFFIC_HOME, absolute. */
  readonly home: string;
  readonly progress: Progress;
  readonly putOffInterrupts: Context["putOffInterrupts"];
  /** Waited for whenever a file of the home is about to be changed that outlives what runs. */
  readonly beforeChange?: (() => Promise<void>) | undefined;
}

/** The real parts behind the ports. Engines are loaded when one is asked for: dockerode alone takes longer than everything else. */
export function createContext({
  home,
  progress,
  putOffInterrupts,
  beforeChange,
}: ContextOptions): HostContext & RelayContext {
  const paths = homePaths(home);
  const files = filesOf(paths, beforeChange);
  const locks = createLocks();
  let saved: Promise<unknown> | undefined;
  const beforeUsersChange = putOffInterrupts;
  const stores = createStores({ paths, files, locks, clock, random, beforeUsersChange, beforeMigration: saveOnce });
  const engines = new Map<Settings["engine"], Promise<Engine>>();
  const engine = (settings: Settings): Promise<Engine> => {
    const made = engines.get(settings.engine) ?? createEngine(settings);
    engines.set(settings.engine, made);
    return made;
  };
  let historyParts: Promise<Histories> | undefined;
  const histories = () => {
    const { history: folder, run } = paths;
    historyParts ??= import("./analytics/history/histories.ts").then(({ createHistories }) =>
      createHistories({ folder, lock: join(run, "history.lock"), locks, warn: (text) => progress.warn(text) }),
    );
    return historyParts;
  };
  const machine = createMachine({ root: process.env.MTPROXY_HOST_ROOT || undefined });
  const ctx = {
    paths,
    stores,
    clock,
    random,
    files,
    locks,
    host: createHost(),
    haproxy: () => connectHaproxy(paths),
    agents: createAgents({ folder: paths.agents, version }),
    machine,
    connectionLog: new ConnectionLog(machine.at(HAPROXY_LOG)),
    history: async () => (await histories()).write(),
    historyReader: async () => (await histories()).read(),
    progress,
    putOffInterrupts,
    engine,
    relay: async (folder: string) => ({
      engine: (await import("./engine/docker/docker-relay.ts")).createDockerRelay(folder),
      haproxy: await connectHaproxy({ haproxy: join(folder, RELAY_RUN) }),
    }),
  };
  return ctx;

  /** One command may find several files of version 0. */
  function saveOnce(): Promise<unknown> {
    saved ??= import("./app/moving/back-up.ts").then(({ backUp }) => backUp(ctx, "before migration"));
    return saved;
  }

  async function createEngine(settings: Settings): Promise<Engine> {
    const { rendered, run, logs } = paths;
    if (settings.engine === "trial") {
      return (await import("./engine/trial/trial-engine.ts")).createTrialEngine({ rendered, run, logs });
    }
    return (await import("./engine/docker/docker-engine.ts")).createDockerEngine({
      rendered,
      progress,
      record: stores.engineRecord,
    });
  }
}

function filesOf({ run, logs }: HomePaths, beforeChange: ContextOptions["beforeChange"]): Files {
  const passing = [`${run}/`, `${logs}/`];
  const isOfInterest = (path: string) => !passing.some((folder) => path.startsWith(folder));
  return beforeChange === undefined ? createFiles() : announcedFiles(createFiles(), isOfInterest, beforeChange);
}
