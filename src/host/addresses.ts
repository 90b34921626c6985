import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";

/** Bridges and links of containers and virtual machines: nobody outside reaches this host there. */
const INNER = /^(docker|br-|veth|virbr|cni|podman|lxc|lxd)/;

/** An address for documentation (RFC 5737): no packet is sent to it, only the way there is looked up. */
const ANYWHERE = "192.0.2.1";

/** This machine's own IPv4 addresses that others can reach, the one that the default route starts from first. */
export async function addresses(): Promise<string[]> {
  const own = outerAddresses();
  const source = await routeSource();
  return source !== undefined && isGlobal(source) ? [...new Set([source, ...own])] : own;
}

function outerAddresses(): string[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => !INNER.test(name))
    .flatMap(([, entries = []]) => entries)
    .filter(({ family, internal, address }) => family === "IPv4" && !internal && isGlobal(address))
    .map(({ address }) => address);
}

/** Neither loopback nor link-local nor unset. */
function isGlobal(address: string): boolean {
  return !/^(127\.|169\.254\.|0\.)/.test(address);
}

/** Address that a packet to the internet would carry: a connected UDP socket has it, and sends nothing. */
function routeSource(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const end = (address?: string): void => {
      socket.close();
      resolve(address);
    };
    socket.once("error", () => end());
    socket.connect(9, ANYWHERE, () => end(socket.address().address));
  });
}
