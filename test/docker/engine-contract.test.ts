import { describeEngine } from "../contract/engine.ts";
import { shardDeployment } from "../support/deployment.ts";
import { dockerHome, freePort, localImage, smallSettings } from "../support/docker.ts";
import { proxyImage } from "../support/docker-image.ts";

describeEngine("docker", 2, async () => {
  const image = await proxyImage();
  const home = await dockerHome();
  const ports = await Promise.all([freePort(), freePort()]);
  return {
    engine: home.engine,
    deploy: (shards, variant) =>
      home.write({
        settings: smallSettings(image),
        engineRecord: { image: localImage(image) },
        shards: ports.slice(0, shards).map((port, index) => {
          const tag = index === 0 ? Buffer.from(variant.padEnd(16)).toString("hex") : undefined;
          return shardDeployment({ id: index + 1, port, ...(tag === undefined ? {} : { tag }) });
        }),
      }),
    dispose: () => home.dispose(),
  };
});
