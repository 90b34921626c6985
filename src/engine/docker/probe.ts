import { randomBytes } from "node:crypto";
import type { Container, ContainerCreateOptions } from "dockerode";
import entrypoint from "../../../docker/entrypoint.sh";
import probeScript from "../../../docker/probe.sh";
import { containerLabels } from "../../domain/container-labels.ts";
import type { ImageVerdict } from "../../domain/engine-facts.ts";
import { Key } from "../../domain/key.ts";
import { requireAmd64 } from "./architecture.ts";
import type { Daemon } from "./daemon.ts";
import { readImageFacts } from "./image-facts.ts";
import { obtainImage, repositoryDigest } from "./image-source.ts";
import { observe, PROBE } from "./observe.ts";
import { lastLines } from "./output.ts";
import { judge, type ProbedImage } from "./verdict.ts";

/** A throwaway container of a probe that was killed is swept by a later one. */
const STALE_SECONDS = 600;

interface ImageProbe {
  readonly daemon: Daemon;
  readonly image: string;
  readonly project: string;
  /** Called before a pull, which takes a while. */
  readonly pulling: () => void;
  /** Ask the registry although the image is here. */
  readonly fresh?: boolean | undefined;
}

/**
 * Finds out what the proxy in an image can do, by starting it in a throwaway container and watching. Nothing in there reaches
 * out: the Telegram side and the cover domain are the container's own loopback.
 * @throws AppError environment when the image cannot be had or the machine is not amd64
 */
export async function probeImage({
  daemon,
  image,
  project,
  pulling,
  fresh = false,
}: ImageProbe): Promise<ImageVerdict> {
  await requireAmd64(daemon);
  const info = await obtainImage(daemon, image, { fresh, pulling });
  const digest = repositoryDigest(image, info);
  const probed: ProbedImage = { image, imageId: info.Id, ...(digest === undefined ? {} : { digest }) };
  await sweep(daemon, project);
  const key = Key.fromBytes(randomBytes(16));
  const container = await daemon.call((docker) => docker.createContainer(probeContainer(info.Id, key, project)));
  try {
    return await watch(daemon, container, probed, key);
  } finally {
    await daemon.call(() => container.remove({ force: true, v: true }));
  }
}

function watch(daemon: Daemon, container: Container, probed: ProbedImage, key: Key): Promise<ImageVerdict> {
  return daemon.call(async () => {
    await container.start();
    const seen = await observe(daemon.endpoint, container, key);
    return judge(probed, readImageFacts(await lastLines(container, 2000)), seen);
  });
}

function probeContainer(imageId: string, key: Key, project: string): ContainerCreateOptions {
  const { clientPort, statsPort, coverDomain } = PROBE;
  const client = `${clientPort}/tcp`;
  const args = [key.reveal(), String(clientPort), String(statsPort), coverDomain, entrypoint];
  return {
    Image: imageId,
    Entrypoint: ["/bin/sh", "-c", probeScript, "probe.sh", ...args],
    Cmd: [],
    User: "10001:10001",
    Labels: { [containerLabels.probe]: project },
    ExposedPorts: { [client]: {} },
    HostConfig: {
      Init: true,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      Tmpfs: { "/tmp": "rw,noexec,nosuid,size=1m,mode=1777" },
      ExtraHosts: [`${coverDomain}:127.0.0.1`],
      PortBindings: { [client]: [{ HostIp: "127.0.0.1", HostPort: "" }] },
      LogConfig: { Type: "json-file", Config: {} },
    },
  };
}

async function sweep(daemon: Daemon, project: string): Promise<void> {
  await daemon.call(async (docker) => {
    const label = [`${containerLabels.probe}=${project}`];
    const found = await docker.listContainers({ all: true, filters: { label } });
    const stale = found.filter(({ Created }) => Created < Date.now() / 1000 - STALE_SECONDS);
    await Promise.all(stale.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  });
}
