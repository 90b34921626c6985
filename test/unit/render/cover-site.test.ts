import { expect, test } from "vitest";
import type { EdgeConfig } from "../../../src/domain/edge.ts";
import { siteSections } from "../../../src/render/cover-site.ts";

/** What HAProxy does for strangers when a web server is the site. */
function sectionsFor(address: string, port: number): string {
  const edge = { site: { kind: "server", address, port }, subnet: "10.213.0.0/22" } as unknown as EdgeConfig;
  return siteSections(edge, { config: "/c", run: "/r" }).join("\n");
}

test("a site is passed on to the proxies at port 443 of their network, unless this machine's own port 443 is the site", () => {
  expect(sectionsFor("127.0.0.1", 8080)).toContain("bind 10.213.0.1:443 transparent");
  expect(sectionsFor("192.0.2.80", 443)).toContain("bind 10.213.0.1:443 transparent");
  const own = sectionsFor("127.0.0.1", 443);
  expect(own).toContain("server site 127.0.0.1:443");
  expect(own).not.toContain("bind");
});
