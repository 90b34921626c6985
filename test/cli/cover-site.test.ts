import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sharedCliHome } from "../support/cli-home.ts";
import { newCertificate } from "../support/edge/certificate.ts";
import { tempFolder } from "../support/temp-home.ts";

const home = sharedCliHome();

describe("set-cover-site", () => {
  test("takes a certificate, its key and a page, and says what does not fit yet", async () => {
    const { certificate, key } = await newCertificate("www.example.org");
    const page = join(await tempFolder(), "page.html");
    await writeFile(page, "<h1>Pottery</h1>");
    const files = ["--certificate", certificate, "--key", key, "--page", page];
    const { code, json } = await home().mtproxy("set-cover-site", ...files, "--json");
    expect(code).toBe(0);
    expect(json).toMatchObject({
      schema: "mtproxy/set-cover-site/1",
      data: { changed: [{ name: "cover_site", from: null, to: { kind: "page", certificate, key, page } }], live: true },
      warnings: [
        expect.stringContaining("mtproxy enable-haproxy-routing"),
        expect.stringContaining("not for google.com, which fake-TLS links name"),
      ],
    });
    expect((await home().mtproxy("config", "show")).stdout).toContain(`kind=page certificate=${certificate}`);
    const server = await home().mtproxy("set-cover-site", "--server", "192.0.2.80:80", "--patience", "60");
    expect(server.stdout).toContain("address=192.0.2.80 port=80 patience=60");
    expect((await home().mtproxy("set-cover-site", "--domains")).code).toBe(0);
  });

  test.each([
    [[], 2, "name one"],
    [["--domains", "--server", "192.0.2.1:80"], 2, "name one"],
    [["--certificate", "/no/such/file"], 2, "both --certificate and --key"],
    [["--certificate", "/no/such/file", "--key", "/no/such/file"], 4, "there is no /no/such/file"],
    [["--server", "localhost:80"], 3, "IPv4"],
    [["--domains", "--patience", "0"], 3, "1 to 300"],
  ])("refuses %j", async (words, code, message) => {
    const refused = await home().mtproxy("set-cover-site", ...words);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toContain(message);
  });

  test("finds out how patient another web server is", async () => {
    const site = createServer((socket) => {
      socket.on("error", () => {});
      setTimeout(() => socket.destroy(), 1200);
    });
    await new Promise<void>((ready) => site.listen(0, "127.0.0.1", ready));
    onTestFinished(() => void site.close());
    const { port } = site.address() as AddressInfo;
    const found = await home().mtproxy("set-cover-site", "--server", `127.0.0.1:${port}`);
    expect(found.stdout).toMatch(/port=\d+ patience=1\.[1-4]\n/);
    expect(found.stderr).toContain("--patience SECONDS spares that");
    site.close();
    const gone = await home().mtproxy("set-cover-site", "--server", "127.0.0.1:1", "--json");
    expect(gone.json).toMatchObject({
      ok: true,
      warnings: expect.arrayContaining([expect.stringContaining("3 s longer")]),
    });
  });

  test("refuses the key of another certificate, a page that is too long, and the proxy itself", async () => {
    const [own, other] = [await newCertificate("a.example"), await newCertificate("b.example")];
    const page = join(await tempFolder(), "page.html");
    await writeFile(page, "x".repeat(20_000));
    const attempts = [
      ["--certificate", own.certificate, "--key", other.key],
      ["--certificate", own.certificate, "--key", own.key, "--page", page],
    ];
    const results = await Promise.all(attempts.map((words) => home().mtproxy("set-cover-site", ...words)));
    expect(results.map(({ code }) => code)).toEqual([3, 3]);
    expect(results[0]?.stderr).toContain("not the one of the certificate");
    expect(results[1]?.stderr).toContain("20000 bytes");
    await home().mtproxy("add-user", "alice");
    const circle = await home().mtproxy("set-cover-site", "--server", `127.0.0.1:${home().port}`);
    expect(circle).toMatchObject({ code: 5, stderr: expect.stringContaining("in a circle") });
  });
});
