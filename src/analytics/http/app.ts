import cors from "@fastify/cors";
import rateLimit from "@fastify/rate-limit";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { AppError, wordsOf } from "../../domain/errors.ts";
import type { EventStreams } from "./event-streams.ts";
import { guardRequests, guardRoutes } from "./guard.ts";
import type { Answer, Handlers } from "./handlers.ts";
import type { Page } from "./pages.ts";
import { acceptsGzip, isKnown, LEAST_COMPRESSED, type Prepared } from "./prepared.ts";
import { refuse, refuseFor } from "./refusals.ts";
import { EVENT_STREAM, parametersSchema, type Route, type RoutePath, routerPath, routes } from "./routes.ts";
import { PAGE_POLICY, securityHeaders } from "./security-headers.ts";

export interface AppParts {
  readonly port: number;
  readonly origin: string | undefined;
  readonly token: string | undefined;
  readonly handlers: Handlers;
  readonly streams: EventStreams;
  readonly pages: readonly Page[];
  /** One line of a log. */
  log(line: string): void;
}

/** Routes and rules of the API; it listens nowhere by itself. */
export async function createApp(parts: AppParts): Promise<FastifyInstance> {
  const { port, origin, token, log } = parts;
  const app = fastify({
    logger: false,
    bodyLimit: 1,
    routerOptions: { maxParamLength: 200 },
    // An address that cannot be read reaches no hook.
    frameworkErrors: (_error, _request, reply) =>
      refuse(
        reply.headers(securityHeaders),
        400,
        "usage",
        "that is no address",
        "/api/openapi.json describes what there is",
      ),
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
  });
  app.setErrorHandler<FastifyError>((error, _request, reply) => refuseError(error, reply, log));
  app.setNotFoundHandler((request, reply) => refuseUnknown(request, reply, parts.pages));
  guardRequests(app, port, origin);
  await app.register(rateLimit, { global: false });
  if (origin !== undefined) await app.register(cors, { origin: [origin], methods: ["GET"], maxAge: 600 });
  if (token !== undefined) guardRoutes(app, token);
  addRoutes(app, parts);
  for (const page of parts.pages) addPage(app, page);
  await app.ready();
  return app;
}

function addRoutes(app: FastifyInstance, { handlers, streams }: AppParts): void {
  for (const [path, route] of Object.entries(routes) as [RoutePath, Route][]) {
    const schema = { params: parametersSchema(route, "path"), querystring: parametersSchema(route, "query") };
    const url = routerPath(path);
    if (path === "/api/events")
      app.get(url, { schema, exposeHeadRoute: false }, async (_request, reply) => listen(reply, streams));
    else
      app.get(url, { schema }, async ({ params, query, headers }, reply) => {
        const answer = await handlers[path]({ params: params as Asked["params"], query: query as Asked["query"] });
        return send(reply, answer, headers);
      });
  }
}

type Asked = Parameters<Handlers["/api/stats"]>[0];

async function send(reply: FastifyReply, answer: Answer, asked: FastifyRequest["headers"]): Promise<FastifyReply> {
  const { status = 200, type = "application/json; charset=utf-8", prepared, isUnkept } = answer;
  if (isUnkept === true) return reply.code(status).header("cache-control", "no-store").type(type).send(prepared.body);
  reply.header("etag", prepared.etag);
  if (status === 200 && isKnown(asked["if-none-match"], prepared.etag)) return reply.code(304).send();
  return reply
    .code(status)
    .type(type)
    .send(await inEncoding(reply, prepared, asked["accept-encoding"]));
}

/** Figures of hundreds of people are repetitive, and may come through a phone's ssh. */
async function inEncoding(reply: FastifyReply, prepared: Prepared, accepted: string | undefined): Promise<Buffer> {
  if (prepared.body.length < LEAST_COMPRESSED) return prepared.body;
  reply.header("vary", [reply.getHeader("vary") ?? [], "accept-encoding"].flat().join(", "));
  if (!acceptsGzip(accepted)) return prepared.body;
  const body = await prepared.gzipped();
  reply.header("content-encoding", "gzip");
  return body;
}

function listen(reply: FastifyReply, streams: EventStreams): FastifyReply {
  const stream = streams.open();
  if (stream === undefined) return refuse(reply, 503, "too-many", "too many listen already", "close one of them");
  return reply.type(EVENT_STREAM).header("cache-control", "no-store").header("x-accel-buffering", "no").send(stream);
}

/** The files of the dashboard hold no figures: it asks for the token itself. */
function addPage(app: FastifyInstance, { path, type, prepared }: Page): void {
  app.get(path, { config: { isPublic: true } }, async ({ headers }, reply) =>
    send(reply.header("content-security-policy", PAGE_POLICY), { type, prepared }, headers),
  );
}

function refuseUnknown({ url }: FastifyRequest, reply: FastifyReply, pages: readonly Page[]): FastifyReply {
  if (url === "/" && pages.length === 0)
    return refuse(reply, 404, "not-found", "this program came without its dashboard", "install the package again");
  return refuse(reply, 404, "not-found", "there is nothing here", "/api/openapi.json describes what there is");
}

function refuseError(error: FastifyError, reply: FastifyReply, log: (line: string) => void): FastifyReply {
  if (error instanceof AppError && error.kind !== "bug") return refuseFor(reply, error);
  const { validation, statusCode = 500 } = error;
  if (validation !== undefined)
    return refuse(reply, 400, "usage", inWords(error), "/api/openapi.json has the parameters");
  if (statusCode < 500) return refuse(reply, statusCode, "usage", "that cannot be asked for");
  log(`stats API: a bug of ours: ${wordsOf(error)}`);
  return refuse(reply, 500, "bug", "a bug of ours; the daemon's log says more");
}

/** Of a parameter; what was given is not repeated. */
function inWords({ validation = [], validationContext }: FastifyError): string {
  const [{ instancePath = "", message = "", params = {} } = {}] = validation;
  const unknown = params.additionalProperty;
  if (typeof unknown === "string") return "there is no such parameter";
  return `${validationContext === "params" ? "the path" : "the parameter"} ${instancePath.slice(1)} ${message}`;
}
