import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownSite } from "../../../src/app/routing/own-site.ts";
import { defaultPage } from "../../../src/domain/cover-site.ts";
import { appScene } from "../../support/app-scene.ts";
import { newCertificate } from "../../support/edge/certificate.ts";

test("a renewed certificate is the next one; a renewal that went wrong leaves the one that is served, and is told", async () => {
  const { ctx, said } = await appScene();
  const [first, second] = [await newCertificate("a.example"), await newCertificate("a.example")];
  const choice = { kind: "page" as const, certificate: first.certificate, key: first.key };
  expect(await ownSite(ctx, choice)).toEqual({ kind: "page", certificate: first.pem, page: defaultPage });
  await copyFile(second.certificate, first.certificate);
  await expect(ownSite(ctx, choice)).rejects.toThrow("the key is not the one of the certificate");
  const served = join(ctx.paths.rendered, "haproxy");
  await mkdir(served, { recursive: true });
  await writeFile(join(served, "site.pem"), first.pem);
  await writeFile(join(served, "site.html"), "old page");
  expect(await ownSite(ctx, choice)).toEqual({ kind: "page", certificate: first.pem, page: "old page" });
  expect(said.at(-1)).toMatch(/^! .*certificate\.pem and .*key\.pem: the key is not .*; the cover site goes on/);
  await copyFile(second.key, first.key);
  expect(await ownSite(ctx, choice)).toMatchObject({ certificate: second.pem });
  await rm(first.key);
  expect(await ownSite(ctx, choice)).toMatchObject({ certificate: first.pem });
});

test("without a choice, and with the cover domains as one, there is no site of this server's", async () => {
  const { ctx } = await appScene();
  expect(await ownSite(ctx, undefined)).toBeUndefined();
  expect(await ownSite(ctx, { kind: "domains", patience: 5 })).toBeUndefined();
  const server = { kind: "server" as const, address: "192.0.2.1", port: 80 };
  expect(await ownSite(ctx, server)).toEqual(server);
});
