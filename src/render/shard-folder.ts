import argumentsTemplate from "../../templates/arguments.tmpl";
import keysTemplate from "../../templates/keys.tmpl";
import type { Deployment, ShardDeployment } from "../domain/deployment.ts";
import { dockerCapabilities } from "../domain/engine-facts.ts";
import { AppError } from "../domain/errors.ts";
import { shardName } from "../domain/shard.ts";
import { proxyArguments } from "./proxy-arguments.ts";
import type { RenderedFile } from "./rendered-file.ts";
import { fillTemplate } from "./template.ts";

/** The one file of a shard that may change without a restart; /stats tells which one a process has (`config_md5`). */
export const MULTI_CONF = "proxy-multi.conf";

/** What a shard's container has mounted: keys, arguments and Telegram's two files. */
export function renderShardFolder(deployment: Deployment, shard: ShardDeployment): RenderedFile[] {
  const { telegram } = deployment;
  if (telegram === undefined) throw new AppError("bug", "Telegram's files are missing where they are to be rendered");
  const name = shardName(shard.shard.id);
  const file = (leaf: string, content: string | Uint8Array, mode: number): RenderedFile => ({
    path: `${name}/${leaf}`,
    content,
    mode,
    forContainer: true,
  });
  return [
    file("keys", fillTemplate(keysTemplate, { name, keys: keyLines(shard) }), 0o600),
    file("arguments", fillTemplate(argumentsTemplate, { name, arguments: argumentLines(deployment, shard) }), 0o644),
    file("proxy-secret", telegram.proxySecret, 0o600),
    file(MULTI_CONF, telegram.proxyMultiConf, 0o644),
  ];
}

/** A process without a key serves everybody, and one with more than 16 aborts. */
function keyLines({ shard, liveKeys }: ShardDeployment): string {
  if (liveKeys.length === 0) throw new AppError("bug", `shard ${shard.id} has no key: it would be an open proxy`);
  if (liveKeys.length > dockerCapabilities.keysPerShard) {
    throw new AppError("bug", `shard ${shard.id} has ${liveKeys.length} keys, the C proxy takes 16`);
  }
  return liveKeys.map(({ key }) => key.reveal()).join("\n");
}

function argumentLines(deployment: Deployment, shard: ShardDeployment): string {
  const lines = proxyArguments(deployment, shard);
  const odd = lines.find((line) => !/^[^\s#][^\s]*$/.test(line));
  if (odd !== undefined) throw new AppError("bug", `an argument of the proxy cannot be written on a line: "${odd}"`);
  return lines.join("\n");
}
