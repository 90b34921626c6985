import type Docker from "dockerode";
import type { ImageInspectInfo } from "dockerode";
import { AppError } from "../../domain/errors.ts";
import type { Daemon } from "./daemon.ts";
import { daemonWords, isStatus } from "./daemon-errors.ts";
import { pullError } from "./pull-errors.ts";

export interface Obtaining {
  /** Ask the registry although the image is here. */
  readonly fresh: boolean;
  /** Called before something is pulled. */
  pulling(): void;
}

/**
 * The image as it is on the engine, pulled when it is not there.
 * @throws AppError environment when it cannot be had or is for other processors
 */
export async function obtainImage(
  daemon: Daemon,
  image: string,
  { fresh, pulling }: Obtaining,
): Promise<ImageInspectInfo> {
  if (!/^[\w./:@-]+$/.test(image)) throw pullError(image, "invalid reference format");
  const present = await daemon.call((docker) => inspect(docker, image));
  const found = present === undefined || fresh ? await newest(daemon, image, present, pulling) : present;
  if (found.Architecture === "amd64") return found;
  throw new AppError(
    "environment",
    `the image ${image} is for ${found.Architecture} processors, the proxy needs amd64`,
    {
      hint: "mtproxy image list names images that fit",
    },
  );
}

/** The registry's, or the one that is here when the registry has none to give. */
async function newest(
  daemon: Daemon,
  image: string,
  present: ImageInspectInfo | undefined,
  pulling: () => void,
): Promise<ImageInspectInfo> {
  pulling();
  try {
    return await daemon.call((docker) => pull(docker, image));
  } catch (error) {
    if (present === undefined || !(error instanceof AppError)) throw error;
    return present;
  }
}

/** `name@sha256:…` of the repository that the reference names; undefined for an image that was built here. */
export function repositoryDigest(image: string, { RepoDigests = [] }: ImageInspectInfo): string | undefined {
  if (image.includes("@sha256:")) return image;
  const repository = image.replace(/:[^:/]+$/, "");
  return RepoDigests.find((digest) => digest.startsWith(`${repository}@`));
}

async function inspect(docker: Docker, image: string): Promise<ImageInspectInfo | undefined> {
  try {
    return await docker.getImage(image).inspect();
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    if (isStatus(error, 400)) throw pullError(image, daemonWords(error as Error));
    throw error;
  }
}

async function pull(docker: Docker, image: string): Promise<ImageInspectInfo> {
  try {
    const progress = await docker.pull(image, { platform: "linux/amd64" });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(progress, (error) => (error === null ? resolve() : reject(error)));
    });
  } catch (error) {
    if (error instanceof AppError || isSystemError(error)) throw error;
    throw pullError(image, daemonWords(error as Error));
  }
  return docker.getImage(image).inspect();
}

/** The connection to the daemon itself broke: nothing that the registry said. */
function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === "string";
}
