import { createHash, timingSafeEqual } from "node:crypto";

/** RFC 6750 §2.1, with a bound. */
const BEARER = /^Bearer +([\w~+/.-]{1,256}=*)$/i;

/** Whether an Authorization header has the token; how long that takes says nothing of it. */
export function bearerCheck(token: string): (authorization: string | undefined) => boolean {
  const wanted = digest(token);
  return (authorization) => {
    const [, given] = BEARER.exec(authorization ?? "") ?? [];
    return given !== undefined && timingSafeEqual(digest(given), wanted);
  };
}

/** Equally long whatever was sent. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
