import type { JsonSchema } from "../../schemas/schema.ts";
import { type Route, type RoutePath, routes } from "./routes.ts";
import { errorAnswer } from "./schemas/answers.ts";
import { componentSchemas } from "./schemas/component.ts";

const meanings: Readonly<Record<number, string>> = {
  200: "The answer",
  304: "It is as it was: the ETag of If-None-Match is still right",
  400: "The request cannot be: an unknown parameter, a value that cannot be, a body",
  401: "No token, or not the right one",
  403: "Asked for under a name that is not this machine's own; of a link, no token is asked for",
  404: "There is no such person",
  405: "This API only reads",
  409: "There is no link to show",
  429: "Too many wrong tokens; Retry-After says how long other wrong ones are refused",
  503: "Not now; the reason is in it",
};

/** Whatever is asked for. */
const EVERYWHERE = [400, 401, 403, 429];

/** OpenAPI 3.1 of everything that is served. @param version of this product @param port where it listens */
export function openApi({ version, port }: { readonly version: string; readonly port: number }): JsonSchema {
  return {
    openapi: "3.1.0",
    info: {
      title: "familytraffic-mtproxy: stats API",
      version,
      description:
        'What a Telegram proxy does, read only. Null is "not known", never zero. Every answer but a link\'s may be asked for again with If-None-Match.',
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: `http://127.0.0.1:${port}`, description: "The server itself; from elsewhere through ssh -L" }],
    security: [{ token: [] }],
    paths: Object.fromEntries(Object.entries(routes).map(([path, route]) => [path, { get: operation(path, route) }])),
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "What config/mtproxy/stats_token holds; never in an address",
        },
      },
      schemas: componentSchemas(),
    },
  };
}

function operation(path: string, route: Route): JsonSchema {
  const statuses = [...new Set([200, ...EVERYWHERE, ...route.statuses])];
  return {
    operationId: operationId(path),
    summary: route.summary,
    parameters: Object.entries(route.parameters).map(([name, { place, json }]) => {
      const { description, ...schema } = json;
      return { name, in: place, required: place === "path", description, schema };
    }),
    responses: Object.fromEntries(statuses.map((status) => [status, response(path, route, status)])),
  };
}

/** `/api/users/{name}/link` → `usersNameLink`. */
function operationId(path: string): string {
  const [first = "", ...more] = path.replace(/^\/(api\/)?/, "").match(/\w+/g) ?? [];
  return first + more.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function response(path: string, route: Route, status: number): JsonSchema {
  const description = meanings[status] ?? "";
  if (status === 304) return { description };
  const isAnswer = status === 200 || (path === ("/api/health" satisfies RoutePath) && status === 503);
  if (!isAnswer) return { description, content: { "application/json": { schema: errorAnswer.json } } };
  const { type = "application/json", answer = { json: { type: "string" } } } = route;
  return { description, content: { [type]: { schema: answer.json } } };
}
