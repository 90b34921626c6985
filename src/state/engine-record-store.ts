import type { EngineRecord, HaproxyImage, ImageVerdict } from "../domain/engine-facts.ts";
import { type DefaultedStore, withDefault } from "./defaulted-store.ts";
import { type Fields, flag, type JsonObject, listOf, oneOf, text, wholeNumber } from "./fields.ts";
import { createJsonStore, type StoreParts } from "./json-store.ts";
import { present } from "./present.ts";

/** Empty while nothing was learned. */
export function createEngineRecordStore(parts: StoreParts): DefaultedStore<EngineRecord> {
  return withDefault(createJsonStore(parts, { path: parts.paths.engineRecord, parse, format }), () => ({}));
}

function parse(fields: Fields): EngineRecord {
  const image = fields.object("image");
  const haproxy = fields.object("haproxy");
  return present({
    image: image && parseVerdict(image),
    haproxy: haproxy && parseHaproxy(haproxy),
    compose: fields.get("compose", listOf(text())),
  });
}

function parseHaproxy(fields: Fields): HaproxyImage {
  return {
    image: fields.need("image", text()),
    imageId: fields.need("image_id", text()),
    version: fields.need("version", text()),
  };
}

function parseVerdict(fields: Fields): ImageVerdict {
  return {
    image: fields.need("image", text()),
    imageId: fields.need("image_id", text()),
    binary: fields.need("binary", text()),
    version: fields.need("version", text()),
    fakeTls: fields.need("fake_tls", flag),
    httpStats: fields.need("http_stats", flag),
    longHello: fields.need("long_hello", flag),
    reloads: fields.need("reloads", flag),
    openFilesLimit: fields.need("open_files_limit", wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    verdict: fields.need("verdict", oneOf("good", "padded-only", "unusable")),
    reasons: fields.get("reasons", listOf(text())) ?? [],
    ...present({
      digest: fields.get("digest", text()),
      compiledAt: fields.get("compiled_at", text()),
      commit: fields.get("commit", text()),
    }),
  };
}

function format({ image, haproxy, compose }: EngineRecord): JsonObject {
  return present({ image: image && formatVerdict(image), haproxy: haproxy && formatHaproxy(haproxy), compose });
}

function formatHaproxy({ image, imageId, version }: HaproxyImage): JsonObject {
  return { image, image_id: imageId, version };
}

function formatVerdict(verdict: ImageVerdict): JsonObject {
  return present({
    image: verdict.image,
    image_id: verdict.imageId,
    digest: verdict.digest,
    binary: verdict.binary,
    version: verdict.version,
    compiled_at: verdict.compiledAt,
    commit: verdict.commit,
    fake_tls: verdict.fakeTls,
    http_stats: verdict.httpStats,
    long_hello: verdict.longHello,
    reloads: verdict.reloads,
    open_files_limit: verdict.openFilesLimit,
    verdict: verdict.verdict,
    reasons: verdict.reasons,
  });
}
