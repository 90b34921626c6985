import type { FastifyReply } from "fastify";
import type { AppError, ErrorKind } from "../../domain/errors.ts";
import type { ApiErrorKind, ErrorAnswer } from "./answers.ts";

/** Answers with an error, always in the same shape. */
export function refuse(
  reply: FastifyReply,
  status: number,
  kind: ApiErrorKind,
  message: string,
  hint: string | null = null,
): FastifyReply {
  return reply
    .code(status)
    .header("cache-control", "no-store")
    .type("application/json")
    .send(errorText(kind, message, hint));
}

export function errorText(kind: ApiErrorKind, message: string, hint: string | null): string {
  return JSON.stringify({ error: { kind, message, hint } } satisfies ErrorAnswer);
}

const statuses: Readonly<Record<ErrorKind, number>> = {
  bug: 500,
  usage: 400,
  invalid: 400,
  "not-found": 404,
  conflict: 409,
  environment: 503,
  engine: 503,
  pending: 503,
  unhealthy: 503,
  interrupted: 503,
};

export function refuseFor(reply: FastifyReply, { kind, message, hint }: AppError): FastifyReply {
  return refuse(reply, statuses[kind], kind, message, hint ?? null);
}
