import { MemoryEngine } from "../support/memory-engine.ts";
import { describeEngine } from "./engine.ts";

describeEngine("memory", 2, async () => ({
  engine: new MemoryEngine(),
  deploy: async (shards, variant) =>
    Array.from({ length: shards }, (_, index) => ({
      shardId: index + 1,
      configDigest: index === 0 ? `first ${variant}` : "other",
    })),
  dispose: async () => {},
}));
