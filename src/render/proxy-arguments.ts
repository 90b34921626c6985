import type { Deployment, ShardDeployment } from "../domain/deployment.ts";
import { AppError } from "../domain/errors.ts";
import { INNER_PORT, type Shard } from "../domain/shard.ts";

/**
 * The arguments of a shard's mtproto-proxy but its keys, Telegram's files and what only the container itself knows: `-C` and its
 * own address, which docker/entrypoint.sh puts in.
 * @throws AppError invalid when the address that Telegram sees is unknown: behind NAT the proxy would run and serve nobody
 */
export function proxyArguments(deployment: Deployment, { shard }: ShardDeployment): string[] {
  const { workers, statsPort, maxConnections } = deployment.settings;
  return [
    ...["-M", String(workers)],
    ...["-H", String(INNER_PORT)],
    ...["-p", String(statsPort), "--http-stats"],
    ...["-c", String(maxConnections)],
    ...["--nat-info", `own:${egressOf(deployment)}`],
    ...domainArguments(shard),
    ...(shard.tag === undefined ? [] : ["-P", shard.tag]),
  ];
}

/** `-D` switches the process to fake-TLS only, and without it fake-TLS is refused. */
function domainArguments({ id, family, coverDomains }: Shard): string[] {
  if (family === "any") throw new AppError("bug", `shard ${id} is for the trial engine: the C proxy serves one family`);
  if ((family === "fake-tls") !== coverDomains.length > 0) {
    throw new AppError("bug", `shard ${id} serves ${family} with ${coverDomains.length} cover domains`);
  }
  return coverDomains.flatMap((domain) => ["-D", domain]);
}

function egressOf({ egressIpv4 }: Deployment): string {
  if (egressIpv4 !== undefined) return egressIpv4;
  throw new AppError("invalid", "the IPv4 address from which Telegram sees this server is not known", {
    hint: "mtproxy setup --egress-ipv4 ADDRESS",
  });
}
