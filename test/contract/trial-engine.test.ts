import { rm } from "node:fs/promises";
import { numberedKey } from "../support/domain.ts";
import { startDatacenter } from "../support/telegram/datacenter.ts";
import { openTrialHome } from "../support/trial.ts";
import { describeEngine } from "./engine.ts";

describeEngine("trial", 1, async () => {
  const [home, telegram] = await Promise.all([openTrialHome(), startDatacenter()]);
  const keys = [{ key: numberedKey(1).reveal(), holder: "alice" }];
  const datacenters = { 2: `127.0.0.1:${telegram.port}` };
  return {
    engine: home.engine,
    deploy: async (_, variant) => {
      const { shardId, configDigest } = await home.configure({ keys, datacenters, configDigest: `digest ${variant}` });
      return [{ shardId, configDigest }];
    },
    dispose: async () => {
      await home.engine.stop();
      await telegram.close();
      await rm(home.folder, { recursive: true, force: true });
    },
  };
});
