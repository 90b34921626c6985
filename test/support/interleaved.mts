import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Spreads the docker tests, which wait most of their time and for each other, over the run of all others. */
export class Interleaved extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const docker = sorted.filter(({ project }) => project.name === "docker");
    const others = sorted.filter(({ project }) => project.name !== "docker");
    const every = Math.max(1, Math.floor(others.length / Math.max(1, docker.length)));
    const mixed = others.flatMap((file, index) => {
      const next = index % every === 0 ? docker.shift() : undefined;
      return next === undefined ? [file] : [next, file];
    });
    return [...mixed, ...docker];
  }
}
