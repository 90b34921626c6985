import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** An image registry on loopback (distribution API v2) with images of one empty file. */
export interface Registry {
  /** `127.0.0.1:PORT`; a daemon takes loopback without TLS. */
  readonly host: string;
  /** Requests that came, for instance `GET /v2/proxy/manifests/1`. */
  readonly requests: readonly string[];
  close(): void;
}

export interface RegistryImage {
  readonly name: string;
  readonly architecture: string;
  /** The registry wants a login for it. */
  readonly locked?: boolean;
}

const types = {
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

export async function startRegistry(images: readonly RegistryImage[]): Promise<Registry> {
  const blobs = new Map<string, { type: string; bytes: Buffer }>();
  const tags = new Map<string, string>();
  const keep = (type: string, bytes: Buffer): { mediaType: string; size: number; digest: string } => {
    const digest = digestOf(bytes);
    blobs.set(digest, { type, bytes });
    return { mediaType: type, size: bytes.length, digest };
  };
  for (const { name, architecture } of images) {
    const tar = emptyTar(name);
    const layer = keep(types.layer, gzipSync(tar));
    const rootfs = { type: "layers", diff_ids: [digestOf(tar)] };
    const config = keep(types.config, json({ architecture, os: "linux", config: {}, rootfs }));
    const manifest = json({ schemaVersion: 2, mediaType: types.manifest, config, layers: [layer] });
    tags.set(name, keep(types.manifest, manifest).digest);
  }
  const requests: string[] = [];
  const server = createServer(({ method, url = "" }, response) => {
    requests.push(`${method} ${url}`);
    const [, name = "", kind, reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
    if (url === "/v2/") return response.end("{}");
    if (images.find((image) => image.name === name)?.locked) return refuse(response, 401, "UNAUTHORIZED");
    const digest = reference.startsWith("sha256:") ? reference : tags.get(name);
    const blob = digest === undefined ? undefined : blobs.get(digest);
    if (blob === undefined) return refuse(response, 404, kind === "manifests" ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN");
    response.writeHead(200, {
      "content-type": blob.type,
      "content-length": blob.bytes.length,
      "docker-content-digest": digest,
    });
    return response.end(method === "HEAD" ? undefined : blob.bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, requests, close: () => void server.close().closeAllConnections() };
}

function refuse(response: import("node:http").ServerResponse, status: number, code: string): void {
  const headers = { "content-type": "application/json", "www-authenticate": 'Basic realm="registry"' };
  response.writeHead(status, status === 401 ? headers : { "content-type": "application/json" });
  response.end(json({ errors: [{ code, message: code.toLowerCase().replace("_", " ") }] }));
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** A tar archive with one empty file of this name (POSIX.1-1988, ustar). */
function emptyTar(name: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write("0000000\0".repeat(2), 108);
  header.write("00000000000\0".repeat(2), 124);
  header.write("        0ustar\0", 148);
  header.write("00", 263);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  return Buffer.concat([header, Buffer.alloc(1024)]);
}
