import { isIpv4 } from "../../domain/address.ts";
import { type Check, failed, ok, warning } from "./check.ts";
import type { Examination } from "./examination.ts";

const TIMEOUT_MS = 5000;

/** What a connection from here cannot show. */
const PROVES = "from here: that the provider lets others in is only seen from outside";

export const portCheck: Check = {
  id: "port",
  title: "the address in the links leads to the proxy",
  run: async (exam) => {
    const { publicHost } = await exam.settings();
    const ports = (await exam.running()).map(({ shard }) => shard.port);
    const [outer, inner] = await Promise.all([attempt(exam, publicHost, ports), attempt(exam, "127.0.0.1", ports)]);
    const shut = ports.filter((_, index) => inner[index] !== undefined);
    const unreached = ports.filter((_, index) => outer[index] !== undefined);
    if (unreached.length === 0) return ok(`${publicHost} takes connections on ${list(ports)}, tried ${PROVES}`);
    const code = outer.find((it) => it !== undefined) ?? "";
    const words = `${publicHost} takes no connection on ${list(unreached)} (${code}), tried from here`;
    if (shut.length > 0)
      return failed(`${words}, and neither does this machine's own address`, "mtproxy status, then mtproxy restart");
    if (await isElsewhere(exam, publicHost))
      return warning(
        `${words}; the proxy itself does. Behind a router that is usual for connections from inside`,
        "try the link from another network; is the port forwarded to this machine?",
      );
    return failed(`${words}, although the proxy itself does on this machine`, "mtproxy doctor firewall");
  },
};

function attempt({ ctx }: Examination, host: string, ports: readonly number[]): Promise<(string | undefined)[]> {
  return ctx.host.connectErrors(
    ports.map((port) => ({ host, port })),
    { timeoutMs: TIMEOUT_MS },
  );
}

/** The name leads to an address that no interface here has: a router stands between. */
async function isElsewhere({ ctx }: Examination, publicHost: string): Promise<boolean> {
  const addresses = isIpv4(publicHost) ? [publicHost] : (await ctx.host.lookup(publicHost)).ipv4;
  const own = ["127.0.0.1", ...(await ctx.host.addresses())];
  return addresses.length > 0 && !addresses.some((address) => own.includes(address));
}

function list(ports: readonly number[]): string {
  return `port ${ports.join(", ")}`;
}
