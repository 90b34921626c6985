import { createHmac } from "node:crypto";
import type { WebhookChannel } from "../../domain/numbers/alerts/channel.ts";
import { type AlertDispatch, alertJson } from "../../domain/numbers/alerts/dispatch.ts";
import { postJson } from "./post.ts";

/**
 * POSTs the message as JSON. Whoever gets it checks `x-mtproxy-signature`: `sha256=` and the HMAC-SHA256 of the timestamp, a dot and the
 * body, in hex; an old `x-mtproxy-timestamp` (Unix seconds) is a recorded one that somebody plays again.
 */
export async function sendToWebhook({ url, secret }: WebhookChannel, dispatch: AlertDispatch): Promise<void> {
  const [body, timestamp] = [alertJson(dispatch), String(Math.floor(Date.now() / 1000))];
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  const { status } = await postJson(url, body, {
    "x-mtproxy-id": dispatch.id,
    "x-mtproxy-timestamp": timestamp,
    "x-mtproxy-signature": `sha256=${signature}`,
  });
  if (status < 200 || status > 299) throw new Error(`${new URL(url).host}: HTTP status ${status}`);
}
