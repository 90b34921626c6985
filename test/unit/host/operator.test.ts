import { expect, test } from "vitest";
import { findOperator } from "../../../src/host/operator.ts";

test("whoever came by SSH is known with their address and the port that let them in", async () => {
  const env = { SUDO_USER: "ann", SSH_CONNECTION: "203.0.113.9 50122 192.0.2.1 2222" };
  expect(await findOperator(env)).toMatchObject({ user: "ann", from: "203.0.113.9", sshPort: 2222 });
  const ipv6 = { SSH_CONNECTION: "2001:db8::9 50122 2001:db8::1 22" };
  expect(await findOperator(ipv6)).toMatchObject({ from: "2001:db8::9", sshPort: 22 });
});
