import { expect, test } from "vitest";
import { notify } from "../../../../src/host/notify/notify.ts";
import { startWeb } from "../../../support/web.ts";

const dispatch = {
  id: "1",
  at: "2026-11-21T12:00:00.000Z",
  server: "x",
  title: "x",
  lines: [],
  notices: [],
  isTest: true,
};

test("a webhook gets the name and the password of its address, and no error repeats them", async () => {
  const got: (string | undefined)[] = [];
  const { url } = await startWeb((request, response) => {
    got.push(request.headers.authorization);
    response.writeHead(got.length === 1 ? 200 : 401, "no pa55%40word for you").end();
  });
  const address = url.replace("http://", "http://me:pa55%40word@");
  const channel = { kind: "webhook", name: "hook", url: address, secret: "0123456789abcdefXYZ" } as const;
  await notify(channel, dispatch);
  expect(got).toEqual([`Basic ${Buffer.from("me:pa55@word").toString("base64")}`]);
  const fault = await notify(channel, dispatch).catch(String);
  expect(fault).toContain("HTTP status 401");
  expect(fault).not.toContain("pa55");
});
