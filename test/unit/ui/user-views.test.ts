import { describe, expect, test } from "vitest";
import type { RegeneratedUser } from "../../../src/app/people/regenerate-user-secret.ts";
import { costWords } from "../../../src/ui/service-views.ts";
import { createStyle } from "../../../src/ui/style.ts";
import { regeneratedUserView } from "../../../src/ui/user-views.ts";

const style = createStyle(false);

const foreseen: RegeneratedUser = {
  username: "bob",
  enabled: true,
  mode: "padded",
  domain: null,
  secret: "dd0000...0001",
  server: "proxy.example.com",
  port: null,
  previousPort: 8443,
  link: null,
  tmeLink: null,
  files: { link: "link.txt", qrPng: "qr.png", qrSvg: "qr.svg" },
  advice: [],
  createdAt: null,
  note: null,
  tags: [],
  expiresAt: null,
  formerLinkUntil: null,
};

describe("a new link", () => {
  test("says nothing of a port that nobody knows yet", async () => {
    expect(await regeneratedUserView(foreseen, style)).not.toMatch(/The port changed|null/);
  });

  test("names the port when it is another one", async () => {
    const link = "tg://proxy?server=proxy.example.com&port=8444&secret=dd00000000000000000000000000000001";
    const moved = { ...foreseen, port: 8444, link, tmeLink: link };
    expect(await regeneratedUserView(moved, style)).toContain("The port changed from 8443 to 8444.");
  });
});

test("one of a thing is not told as many", () => {
  const cost = { connectionsCut: 1, processes: 1, memoryBytes: 0, idleCpuPercent: 0 };
  expect(costWords({ ...cost, restarts: 1 })).toBe("Costs: 1 restart, 1 live connection cut");
  expect(costWords({ ...cost, restarts: 2, connectionsCut: 0 })).toBe("Costs: 2 restarts, 0 live connections cut");
});
