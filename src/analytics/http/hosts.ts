/** Names by which this machine calls itself, as a Host header has them. */
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];
const HTTP_PORT = 80;

/**
 * What a Host header may say. A page of somebody else whose name was made to lead to 127.0.0.1 has that name in it, and is refused.
 * @param origin another page that may ask, behind whose name a proxy of the admin's own may stand
 */
export function allowedHosts(port: number, origin: string | undefined): ReadonlySet<string> {
  const named = LOOPBACK.map((name) => `${name}:${port}`);
  const bare = port === HTTP_PORT ? LOOPBACK : [];
  return new Set([...named, ...bare, ...(origin === undefined ? [] : [new URL(origin).host])]);
}
