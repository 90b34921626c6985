import { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { download } from "../../../src/host/download.ts";
import { startCoverSite } from "../../support/cover-site.ts";
import { deadPort, startSilence, startWeb, startWebProxy } from "../../support/web.ts";

const LIMITS = { maxBytes: 1000, timeoutMs: 2000 };
const PROXY_VARIABLES = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
for (const name of PROXY_VARIABLES) delete process.env[name];

afterEach(() => {
  for (const name of PROXY_VARIABLES) delete process.env[name];
});

async function reasonOf(url: string, limits = LIMITS): Promise<string> {
  const error = await download(url, limits).then(
    (body) => new Error(`downloaded ${body.length} bytes`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw error;
  expect(error.kind).toBe("environment");
  return error.message;
}

describe("download", () => {
  it("brings the bytes as they are", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const web = await startWeb((_, response) => response.end(bytes));
    expect(Uint8Array.from(await download(`${web.url}/file`, LIMITS))).toEqual(bytes);
    expect(web.requests).toEqual(["/file"]);
  });

  it("follows redirects, relative ones too", async () => {
    const web = await startWeb((request, response) => {
      if (request.url === "/a") response.writeHead(302, { location: "b/c?d" }).end("moved");
      else if (request.url === "/b/c?d") response.writeHead(308, { location: `${web.url}/end` }).end();
      else response.end("here");
    });
    expect(Buffer.from(await download(`${web.url}/a`, LIMITS)).toString()).toBe("here");
    expect(web.requests).toEqual(["/a", "/b/c?d", "/end"]);
  });

  it("ends a chain of redirects that leads nowhere", async () => {
    const web = await startWeb((_, response) => response.writeHead(302, { location: "/again" }).end());
    expect(await reasonOf(web.url)).toContain("more than 5 redirects");
    expect(web.requests).toHaveLength(6);
  });

  it("does not leave http for something else", async () => {
    const web = await startWeb((_, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end());
    expect(await reasonOf(web.url)).toContain("only http and https");
    expect(await reasonOf("ftp://files.example/x")).toContain("only http and https");
    expect(await reasonOf("not a url")).toContain("no URL");
  });

  it.each([404, 403, 500, 503, 204, 206])("takes no answer with status %i for the file", async (status) => {
    const web = await startWeb((_, response) => response.writeHead(status).end());
    expect(await reasonOf(web.url)).toBe(`127.0.0.1:${web.port}/: HTTP status ${status}`);
  });

  it("names host and path of what failed, and keeps query and password to itself", async () => {
    const web = await startWeb((_, response) => response.writeHead(500).end());
    const reason = await reasonOf(`http://me:hunter2@127.0.0.1:${web.port}/dir/file?token=hunter2`);
    expect(reason).toContain(`127.0.0.1:${web.port}/dir/file: `);
    expect(reason).not.toContain("hunter2");
  });

  it("stops at the largest size, announced or not", async () => {
    const announced = await startWeb((_, response) => response.end(Buffer.alloc(1001)));
    expect(await reasonOf(announced.url)).toContain("larger than 1000 bytes");
    const endless = await startWeb((_, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(400)), 5);
      response.on("close", () => clearInterval(timer));
    });
    expect(await reasonOf(endless.url)).toContain("larger than 1000 bytes");
    const exact = await startWeb((_, response) => response.end(Buffer.alloc(1000)));
    expect(await download(exact.url, LIMITS)).toHaveLength(1000);
  });

  it("takes half a body for none", async () => {
    const short = await startWeb((request, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("half");
      setTimeout(() => request.socket.destroy(), 20);
    });
    expect(await reasonOf(short.url)).toContain("the connection broke off");
    const chunked = await startWeb((request, response) => {
      response.write("half");
      setTimeout(() => request.socket.destroy(), 20);
    });
    expect(await reasonOf(chunked.url)).toContain("the connection broke off");
  });

  it("gives up in time on a server that says nothing, or never ends", async () => {
    const silence = await startSilence();
    const started = performance.now();
    expect(await reasonOf(silence.url, { ...LIMITS, timeoutMs: 300 })).toContain("no complete answer within 0.3 s");
    const trickle = await startWeb((_, response) => {
      const timer = setInterval(() => response.write("."), 20);
      response.on("close", () => clearInterval(timer));
    });
    expect(await reasonOf(trickle.url, { ...LIMITS, timeoutMs: 300 })).toContain("no complete answer within 0.3 s");
    expect(performance.now() - started).toBeLessThan(1500);
  });

  it("says that the host refuses connections, and where", async () => {
    const port = await deadPort();
    expect(await reasonOf(`http://127.0.0.1:${port}/`)).toContain(`127.0.0.1 port ${port} refuses connections`);
  });

  it("says that a name does not exist", async () => {
    expect(await reasonOf("http://no-such-name.invalid/")).toMatch(
      /no-such-name\.invalid\/: DNS (knows no such name|does not answer|fails)/,
    );
  });

  it("takes nothing from a server whose certificate is not trusted", async () => {
    const site = await startCoverSite();
    const reason = await reasonOf(`https://127.0.0.1:${site.port}/`);
    await site.close();
    expect(reason).toMatch(/TLS failed: .*certificate/);
    expect(site.stats.visits).toBe(0);
  });

  it("says that a server speaks no TLS", async () => {
    const web = await startWeb((_, response) => response.end());
    expect(await reasonOf(web.url.replace("http:", "https:"))).toContain("TLS failed");
  });
});

describe("download through a proxy", () => {
  it("sends http and https through the proxies of the environment, with the name left to the proxy", async () => {
    const web = await startWeb((_, response) => response.end("through"));
    const proxy = await startWebProxy(() => web.port);
    process.env.http_proxy = proxy.url;
    expect(Buffer.from(await download("http://far.invalid/file", LIMITS)).toString()).toBe("through");
    process.env.https_proxy = proxy.url;
    expect(await reasonOf("https://far.invalid/file")).toContain("TLS failed");
    expect(proxy.requests).toEqual(["http://far.invalid/file", "CONNECT far.invalid:443"]);
  });

  it("goes directly where no_proxy says so", async () => {
    const web = await startWeb((_, response) => response.end("direct"));
    process.env.http_proxy = `http://127.0.0.1:${await deadPort()}`;
    process.env.no_proxy = "localhost, 127.0.0.1";
    expect(Buffer.from(await download(web.url, LIMITS)).toString()).toBe("direct");
  });

  it("says at which port a dead proxy refuses", async () => {
    const port = await deadPort();
    process.env.http_proxy = `http://127.0.0.1:${port}`;
    expect(await reasonOf("http://far.invalid/file")).toContain(`127.0.0.1 port ${port} refuses connections`);
  });

  it("says that a variable holds no proxy", async () => {
    process.env.http_proxy = "::nonsense::";
    expect(await reasonOf("http://far.invalid/file")).toContain("Invalid URL");
  });

  it("says that a proxy does not let it through", async () => {
    const strict = createServer();
    strict.on("connect", (_, socket) => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
    await new Promise<void>((resolve) => strict.listen(0, "127.0.0.1", resolve));
    process.env.https_proxy = `http://127.0.0.1:${(strict.address() as { port: number }).port}`;
    const reason = await reasonOf("https://far.invalid/file");
    strict.close();
    expect(reason).toContain("407");
  });
});
