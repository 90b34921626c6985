import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Seconds that a file of a project takes, about, where three run at a time on two cores. */
const SECONDS: Readonly<Record<string, number>> = {
  docker: 45,
  server: 100,
  browser: 60,
  cli: 25,
  e2e: 17,
  contract: 13,
  edge: 13,
  unit: 2.5,
};
/** Workers that are left while one has a docker test. */
const OTHERS = 2;

/**
 * Spreads the docker tests, which wait most of their time and for each other, over the run of all others: the next one comes up when the
 * one before is about to end, so that no worker has to wait for its turn.
 */
export class Interleaved extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const docker = sorted.filter(isDocker);
    let left = 0;
    const mixed = sorted.flatMap((file) => {
      if (isDocker(file)) return [];
      left -= secondsOf(file);
      const next = left <= 0 ? docker.shift() : undefined;
      if (next === undefined) return [file];
      left = OTHERS * secondsOf(next);
      return [next, file];
    });
    return [...mixed, ...docker];
  }
}

function isDocker({ project }: TestSpecification): boolean {
  return project.name === "docker";
}

function secondsOf({ project }: TestSpecification): number {
  return SECONDS[project.name] ?? 0;
}
