import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { bearerCheck } from "./bearer.ts";
import { allowedHosts } from "./hosts.ts";
import { refuse } from "./refusals.ts";
import { securityHeaders } from "./security-headers.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Nobody is asked for a token. */
    readonly isPublic?: true;
  }
}

const READING = ["GET", "HEAD"];
/** Wrong tokens; the right one is never held up. */
const WRONG_TOKENS = { max: 20, timeWindow: 60_000 };

/** What every request must be, before anybody is asked for a token. */
export function guardRequests(app: FastifyInstance, port: number, origin: string | undefined): void {
  const hosts = allowedHosts(port, origin);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(securityHeaders);
    if (!hosts.has(request.headers.host?.toLowerCase() ?? "")) return refuseHost(reply, port);
    if (!READING.includes(request.method) && !isPreflight(request, origin)) return refuseMethod(reply);
    if (hasBody(request)) return refuseBody(reply);
    return undefined;
  });
}

function refuseHost(reply: FastifyReply, port: number): FastifyReply {
  const hint = `open http://127.0.0.1:${port}/, through ssh -L ${port}:127.0.0.1:${port} from another machine`;
  return refuse(reply, 403, "forbidden", "the address that was asked for is not this machine's own", hint);
}

function refuseMethod(reply: FastifyReply): FastifyReply {
  return refuse(reply.header("allow", READING.join(", ")), 405, "method", "this API only reads");
}

function refuseBody(reply: FastifyReply): FastifyReply {
  return refuse(reply.header("connection", "close"), 400, "usage", "a request to this API has no body");
}

/** A browser asks first whether a page of another origin may ask. */
function isPreflight({ method, headers }: FastifyRequest, origin: string | undefined): boolean {
  return method === "OPTIONS" && origin !== undefined && headers.origin === origin;
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** Asks for the token wherever a route does not say that it needs none. The plugin of rate limits must be there. */
export function guardRoutes(app: FastifyInstance, token: string): void {
  const isRight = bearerCheck(token);
  const countWrong = app.createRateLimit(WRONG_TOKENS);
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404 || request.routeOptions.config.isPublic === true) return undefined;
    if (isRight(request.headers.authorization)) return undefined;
    const counted = await countWrong(request);
    if (!counted.isAllowed && counted.isExceeded) return refuseForNow(reply, counted.ttlInSeconds);
    return refuseToken(reply, request.headers.authorization !== undefined);
  });
}

function refuseToken(reply: FastifyReply, wasGiven: boolean): FastifyReply {
  const message = wasGiven ? "that is not the token" : "a token is asked for";
  const hint = "send Authorization: Bearer and what config/mtproxy/stats_token on the server holds";
  return refuse(reply.header("www-authenticate", 'Bearer realm="mtproxy"'), 401, "unauthorized", message, hint);
}

function refuseForNow(reply: FastifyReply, seconds: number): FastifyReply {
  const hint = `wait ${seconds} seconds; the right token is let in at once`;
  return refuse(reply.header("retry-after", seconds), 429, "too-many", "too many wrong tokens", hint);
}
