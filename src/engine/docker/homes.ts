import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import type { ContainerInfo } from "dockerode";
import { AppError } from "../../domain/errors.ts";

/** Where compose found its file: both generations write it on every container. */
const FOLDER_LABEL = "com.docker.compose.project.working_dir";

/**
 * Two homes on one host would take each other's containers for their own. A folder that is gone was moved: its containers are
 * taken over.
 * @param folder where our own files are rendered
 * @throws AppError conflict when containers belong to a home that still exists elsewhere
 */
export async function refuseOtherHome(containers: readonly ContainerInfo[], folder: string): Promise<void> {
  const own = await whereabouts(folder);
  for (const { Names, Labels } of containers) {
    const theirs = await whereabouts(Labels[FOLDER_LABEL] ?? folder);
    if (theirs === undefined || theirs === own) continue;
    throw otherHome(Names[0]?.slice(1) ?? "of our name", theirs);
  }
}

function otherHome(container: string, folder: string): AppError {
  return new AppError("conflict", `the container ${container} belongs to another home, rendered in ${folder}`, {
    hint: `mtproxy --home ${dirname(folder)} is the one to ask; for a proxy of this home, stop that one and remove its containers first`,
  });
}

/** Undefined when it is gone. One that we may not look into is there. */
function whereabouts(folder: string): Promise<string | undefined> {
  return realpath(folder).catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" || error.code === "ENOTDIR" ? undefined : folder,
  );
}
