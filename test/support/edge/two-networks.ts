import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

const run = promisify(execFile);

/** A server and a household of two devices, each with a network of its own and a cable between: for root. */
export class TwoNetworks {
  readonly server = { v4: "10.78.0.1", v6: "fd78::1" };
  /** Two of IPv4, and two of IPv6 that share no /64. */
  readonly devices = ["10.78.0.2", "10.78.0.3", "fd78:0:0:1::2", "fd78:0:0:2::2"] as const;
  /** Words that start a program at the server. */
  readonly atServer: readonly string[];
  readonly #atHousehold: readonly string[];

  private constructor(server: string, household: string) {
    this.atServer = ["ip", "netns", "exec", server];
    this.#atHousehold = ["ip", "netns", "exec", household];
  }

  static async make(): Promise<TwoNetworks> {
    const [server, household] = [`mtp-s-${process.pid}`, `mtp-h-${process.pid}`];
    const networks = new TwoNetworks(server, household);
    for (const name of [server, household]) {
      await run("ip", ["netns", "add", name]);
      onTestFinished(async () => void (await run("ip", ["netns", "del", name])));
    }
    await run("ip", ["-n", server, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", household]);
    await addresses(server, Object.values(networks.server));
    await addresses(household, networks.devices);
    return networks;
  }

  /** What becomes of each of these, all sent at once by a device: `answered`, `closed`, or `dropped` after a while of nothing. */
  async say(device: string, port: number, messages: readonly Uint8Array[]): Promise<string[]> {
    const texts = messages.map((bytes) => Buffer.from(bytes).toString("hex"));
    const [program = "", ...words] = [...this.#atHousehold, process.execPath, "-e", SAY];
    const server = device.includes(":") ? this.server.v6 : this.server.v4;
    const { stdout } = await run(program, [...words, server, device, String(port), ...texts]);
    return stdout.trim().split("\n");
  }
}

const SAY = `
  const [host, localAddress, port, ...texts] = process.argv.slice(1);
  let left = texts.length;
  for (const text of texts) {
    const socket = require("node:net").connect({ host, localAddress, port: Number(port) });
    const say = (word) => {
      console.log(word);
      socket.destroy();
      left -= 1;
      if (left === 0) process.exit();
    };
    const timer = setTimeout(() => say("dropped"), 1500);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.write(Buffer.from(text, "hex"));
      setTimeout(() => say("answered"), 50);
    });
    socket.once("error", () => {
      clearTimeout(timer);
      say("closed");
    });
  }`;

async function addresses(network: string, list: readonly string[]): Promise<void> {
  for (const device of ["lo", "eth0"]) await run("ip", ["-n", network, "link", "set", device, "up"]);
  for (const address of list) {
    // Usable at once: nobody else could have it.
    const words = address.includes(":") ? [`${address}/32`, "dev", "eth0", "nodad"] : [`${address}/24`, "dev", "eth0"];
    await run("ip", ["-n", network, "address", "add", ...words]);
  }
}
