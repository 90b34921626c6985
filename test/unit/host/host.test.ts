import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { parseLink } from "../../../src/domain/link.ts";
import { createHost } from "../../../src/host/host.ts";
import { deadPort } from "../../support/web.ts";

const host = createHost();

describe("createHost", () => {
  it("names only addresses that this machine has and that others can reach", async () => {
    const own = Object.values(networkInterfaces()).flatMap((entries = []) => entries.map(({ address }) => address));
    const addresses = await host.addresses();
    expect(own).toEqual(expect.arrayContaining(addresses));
    expect(
      addresses.filter((address) => !/^\d+(\.\d+){3}$/.test(address) || /^(127|169\.254)\./.test(address)),
    ).toEqual([]);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it("knows who it runs as", () => {
    expect(host.uid).toBe(process.getuid?.());
  });

  it("resolves an address to itself, and finds a port nobody has free", async () => {
    expect(await host.resolve4("127.0.0.1")).toBe("127.0.0.1");
    expect(await host.isPortFree(await deadPort())).toBe(true);
  });

  it("probes a link with a real connection", async () => {
    const link = parseLink(`tg://proxy?server=127.0.0.1&port=${await deadPort()}&secret=dd${"0".repeat(32)}`);
    const { attempts } = await host.probeLink(link);
    expect(attempts).toMatchObject([{ ok: false, fault: "port-closed" }]);
  });
});
