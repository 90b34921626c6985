import { timingSafeEqual } from "node:crypto";

/** RFC 6750 §2.1, with a bound. */
const BEARER = /^Bearer +([\w~+/.-]{1,256}=*)$/i;

/** Whether an Authorization header has the token; how long that takes says nothing of it but how long it is, which is no secret. */
export function bearerCheck(token: string): (authorization: string | undefined) => boolean {
  const wanted = Buffer.from(token);
  return (authorization) => {
    const given = Buffer.from(BEARER.exec(authorization ?? "")?.[1] ?? "");
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  };
}
