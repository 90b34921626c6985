import { realpath } from "node:fs/promises";
import { AppError } from "../../domain/errors.ts";
import type { OurContainer } from "./containers.ts";

/** Where compose found its file: both generations write it on every container. */
const FOLDER_LABEL = "com.docker.compose.project.working_dir";

/**
 * Two homes on one host would take each other's containers for their own. A folder that is gone was moved: its containers are
 * taken over.
 * @throws AppError conflict when containers belong to a home that still exists elsewhere
 */
export async function refuseOtherHome(containers: readonly OurContainer[], folder: string): Promise<void> {
  const own = await whereabouts(folder);
  for (const { info } of containers) {
    const theirs = await whereabouts(info.Config.Labels[FOLDER_LABEL] ?? folder);
    if (theirs === undefined || theirs === own) continue;
    throw new AppError(
      "conflict",
      `the container ${info.Name.slice(1)} belongs to another home, rendered in ${theirs}`,
      {
        hint: "give --home of that one, or stop it there and remove its containers first",
      },
    );
  }
}

function whereabouts(folder: string): Promise<string | undefined> {
  return realpath(folder).catch(() => undefined);
}
