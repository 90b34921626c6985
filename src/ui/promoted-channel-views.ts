import type { ChangedChannel, ShownChannels } from "../app/settings/promoted-channel.ts";
import type { Registration } from "../app/settings/registration.ts";
import type { GroupsChannel, ShownChannel } from "../app/settings/shown-channel.ts";
import type { Style } from "../commands/command.ts";
import { changedLinkLines } from "./change-views.ts";

/**
 * FR-201's introduction, with what the bot asks for filled in.
 * @param reveal with the 32 digits of the secret, which are a key
 */
export function registrationView({ host, port, username, digits }: Registration, reveal: boolean): string {
  const secret = reveal
    ? digits
    : `${digits.slice(0, 4)}...${digits.slice(-4)} (of ${username}'s link; --reveal shows all 32 digits)`;
  return [
    "=== Promoted Channel Setup ===",
    "",
    "Telegram shows a channel of yours to everybody who connects through this proxy.",
    "@MTProxybot gives you a tag for it, which the proxy sends along with what it carries.",
    "",
    "Steps:",
    "1. Open @MTProxybot in Telegram",
    "2. Send /newproxy",
    `3. Enter the server IP: ${host}`,
    `4. Enter the port: ${port}`,
    `5. Enter the secret, the bare 32 digits without dd or ee: ${secret}`,
    "6. Optionally select a channel to promote",
    "7. Copy the proxy tag",
  ].join("\n");
}

/** FR-201's lines, each only where it is true. */
export function changedChannelView(data: ChangedChannel, style: Style): string {
  const { enabled, live, shards, changed, group, links } = data;
  const whose = group === undefined ? "" : ` for group ${group}`;
  const ok = (text: string) => `${style.good("✓")} ${text}`;
  const carried = live === true && shards.length > 0;
  if (!enabled && group !== undefined)
    return [
      ok(`Promoted channel removed${whose}`),
      ...(carried ? [ok("MTProxy now shows its people what everybody is shown")] : []),
    ].join("\n");
  if (!enabled)
    return [
      ok("Promoted channel removed"),
      ...(carried ? [ok("MTProxy now running without promoted channel")] : []),
    ].join("\n");
  return [
    ok(`Promoted channel configured${whose}`),
    ...(carried && changed ? [ok("Restarting MTProxy container...")] : []),
    ...(carried ? [ok("MTProxy now running with promoted channel")] : []),
    ...changedLinkLines(links),
    "",
    `View statistics: ${data.statisticsUrl}`,
    "",
    ...adviceLines(data),
  ].join("\n");
}

export function shownChannelView(data: ShownChannels, style: Style): string {
  const groups = data.groups.flatMap((channel) => ["", ...groupLines(channel, style)]);
  const none = "No promoted channel: mtproxy setup-promoted-channel sets one";
  if (data.proxyTag === null && groups.length === 0) return none;
  return [
    ...(data.proxyTag === null ? [none] : [style.bold("Promoted channel:"), ...channelLines(data, style)]),
    ...groups,
    "",
    ...adviceLines(data),
  ].join("\n");
}

function groupLines(channel: GroupsChannel, style: Style): string[] {
  const people = `${channel.people} ${channel.people === 1 ? "person" : "people"}`;
  const instead = channel.enabled ? [] : ["  Shown instead: what everybody is shown"];
  return [style.bold(`Group ${channel.group} (${people}):`), ...channelLines(channel, style), ...instead];
}

type Channel = Omit<ShownChannel, "advice">;

function channelLines(channel: Channel, style: Style): string[] {
  return [
    `  Tag: ${channel.proxyTag}`,
    ...(channel.channelUsername === null ? [] : [`  Channel: ${channel.channelUsername}`]),
    `  Status: ${channel.enabled ? style.good("active") : style.warning("inactive")}`,
    ...(channel.enabled ? [`  Carried by: ${carriedBy(channel)}`] : []),
    `  View statistics: ${channel.statisticsUrl}`,
  ];
}

function carriedBy({ shards }: Channel): string {
  if (shards.length === 0) return "no proxy runs, or none could be asked";
  const carrying = shards.filter(({ tagSet }) => tagSet === true).length;
  return `${carrying} of ${shards.length} running proxies${carrying < shards.length ? " (mtproxy apply makes it live)" : ""}`;
}

function adviceLines({ advice }: ShownChannel): string[] {
  return advice.map((sentence) => `• ${sentence}`);
}
