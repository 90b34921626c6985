import type { ContainerCreateOptions } from "dockerode";
import { containerLabels } from "../../domain/container-labels.ts";
import { AppError } from "../../domain/errors.ts";
import { parseHaproxyVersion } from "../../domain/haproxy-version.ts";
import type { Daemon } from "./daemon.ts";
import { isStatus } from "./daemon-errors.ts";
import { lastLines } from "./output.ts";

/**
 * Asks the HAProxy in an image for its version, in a throwaway container that reaches nobody.
 * @throws AppError environment when there is none in it
 */
export async function haproxyVersionIn(daemon: Daemon, image: string, project: string): Promise<string> {
  const container = await daemon.call((docker) => docker.createContainer(asking(image, project)));
  try {
    const version = parseHaproxyVersion(await daemon.call(() => said(container)));
    if (version !== undefined) return version;
  } finally {
    await daemon.call(() => container.remove({ force: true, v: true }));
  }
  throw new AppError("environment", `there is no HAProxy in the image ${image}`, {
    hint: "mtproxy enable-haproxy-routing --image haproxy:3.0",
  });
}

async function said(container: Parameters<typeof lastLines>[0]): Promise<string> {
  try {
    await container.start();
  } catch (error) {
    // There is no such program in it.
    if (isStatus(error, 400, 404)) return "";
    throw error;
  }
  await container.wait();
  return (await lastLines(container, 20)).join("\n");
}

function asking(image: string, project: string): ContainerCreateOptions {
  return {
    Image: image,
    Entrypoint: ["haproxy", "-v"],
    Cmd: [],
    User: "10001:10001",
    Labels: { [containerLabels.probe]: project },
    HostConfig: {
      NetworkMode: "none",
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      LogConfig: { Type: "json-file", Config: {} },
    },
  };
}
