import type { AddedUser } from "../app/people/add-user.ts";
import type { AddedLine, AddedUsers } from "../app/people/add-users.ts";
import type { AddedVlessUser } from "../app/people/add-vless-user.ts";
import type { ClientFilePaths, InvitationPaths } from "../app/people/client-files.ts";
import type { DecodedLink, KnownHolder } from "../app/people/decode-link.ts";
import type { ListedUser, UserList } from "../app/people/list-users.ts";
import type { RegeneratedUser } from "../app/people/regenerate-user-secret.ts";
import type { RemovedUser } from "../app/people/remove-user.ts";
import type { Rotated, RotatedUser } from "../app/people/rotate-all.ts";
import type { SetLimits } from "../app/people/set-limits.ts";
import type { SetUser } from "../app/people/set-user.ts";
import type { ShownLimits } from "../app/people/shown-limits.ts";
import type { SwitchedUser } from "../app/people/switch-user.ts";
import type { Traffic, UserCard } from "../app/people/user-card.ts";
import type { QuotaPeriod } from "../domain/user-limits.ts";
import {
  choice,
  count,
  either,
  type Fields,
  flag,
  instant,
  list,
  maybe,
  object,
  orNull,
  type Schema,
  shared,
  text,
} from "./schema.ts";
import { changedLink } from "./settings.ts";
import * as value from "./values.ts";

/** Commands about people and their links. */

export const clientFiles = shared<ClientFilePaths>(
  "client-files",
  object<ClientFilePaths>("Where a link and its QR codes are", {
    link: value.path("Text file with both links"),
    qrPng: value.path("QR code of the tg:// link, 300×300 pixels"),
    qrSvg: value.path("The same as SVG"),
  }),
);

const note = orNull(text("What the admin wrote down, one line", { maxLength: 200 }));
const tags = list("The admin's own words for lists", tag());

function tag() {
  return text("A tag", { minLength: 1 });
}

export const limits = shared<ShownLimits>(
  "limits",
  object<ShownLimits>("What a person may use, where HAProxy routes", {
    connections: orNull(count("Connections at a time; null for as many as they like", { minimum: 1 })),
    addresses: orNull(count("Distinct addresses at a time; null for as many as they like", { minimum: 1 })),
    quotaBytes: orNull(count("Bytes in both directions together; null for as many as they like", { minimum: 1 })),
    quotaPeriod: orNull(period()),
    rate: orNull(count("Bytes a second in each direction; null for as fast as it goes", { minimum: 1 })),
  }),
);

export function period() {
  return text('Of the quota: "month" is the calendar month (UTC), "30d" the 30 days that end with today', {
    pattern: "^(month|[1-9][0-9]?d)$",
  }) as Schema<QuotaPeriod>;
}

const cardFields: Fields<UserCard> = {
  username: value.userName(),
  enabled: flag("False while the link is switched off; it comes back as it was"),
  mode: value.mode(),
  domain: orNull(value.domain("Cover domain; null unless the mode is fake-tls")),
  secret: value.maskedSecret(),
  server: value.server(),
  port: orNull(value.port("Port that the link names; null while no shard has a place for it")),
  link: orNull(value.tgLink()),
  tmeLink: orNull(value.tmeLink()),
  files: clientFiles(),
  advice: value.advice("Which apps the link suits, and what it cannot do"),
  createdAt: orNull(value.recorded("When the secret was given")),
  note,
  tags,
  group: maybe(value.group("Absent for whoever is in none")),
  expiresAt: value.instantOrNull("When the link ends; null for never"),
  formerLinkUntil: value.instantOrNull("Until when the link before this one works too"),
  limits: maybe(limits("Absent without any")),
  traffic: maybe(
    object<Traffic>("Everything since the person came, as of some seconds ago; absent without HAProxy routing", {
      bytesIn: count("From the person's clients: all that they sent, first bytes included"),
      bytesOut: count("To them"),
      connections: count("That have ended"),
    }),
  ),
  quotaUsed: maybe(count("Bytes of the quota that are used; absent without a quota, or without HAProxy routing")),
};

const userCard = shared<UserCard>("user-card", object<UserCard>("What is handed to a person", cardFields));

export const addedUser = shared<AddedUser>(
  "added-user",
  object<AddedUser>("What is handed to a person who was added", {
    ...cardFields,
    added: flag("False when they had this link already"),
  }),
);

const addedLine = object<AddedLine>("What became of one line of the list", {
  line: count("Its number, from 1", { minimum: 1 }),
  username: text("Name that stands there, a good one or not"),
  result: choice("What became of it", {
    added: "they have a new link",
    present: "they had it already",
    refused: "the line is wrong, so the list is not taken",
  }),
  reason: orNull(text("Why it is refused")),
  card: orNull(userCard("Null for a refused line, and while another line keeps the list from being taken")),
});

const addedUsers = object<AddedUsers>("A list of people (--from-file)", {
  file: value.path("The list"),
  lines: list("What became of each line", addedLine),
  added: count("Lines with a new person"),
  present: count("Lines with somebody who had the link already"),
  refused: count("Lines that are wrong"),
});

const setUser = object<SetUser>("What is written down about a person", {
  username: value.userName(),
  note,
  tags,
  group: maybe(value.group("Absent for whoever is in none")),
  expiresAt: value.instantOrNull("When the link ends; null for never"),
  enabled: flag("The link is switched on"),
  changed: flag("False when it was so already"),
  links: list("Their link, where it changes with the group", changedLink()),
});

const setLimits = object<SetLimits>("What a person may use", {
  username: value.userName(),
  limits: limits(),
  changed: flag("False when it was so already"),
  inForce: flag("HAProxy holds the person to it"),
});

const removedUser = object<RemovedUser>("What was taken away", {
  username: value.listedName(),
  hadSecret: flag("They had a link"),
  removed: choice("What went from users.json", {
    record: "the whole record",
    secret: "this product's fields of it",
    nothing: "nothing: the question was answered with no",
  }),
  revoked: flag("The old link is dead now"),
});

const listedUser = object<ListedUser>("A person in a list: nothing here lets anyone in", {
  username: value.listedName(),
  mtproxy: flag("They have a link to the Telegram proxy"),
  enabled: flag("The link is switched on"),
  mode: orNull(value.mode()),
  domain: orNull(value.domain("Cover domain of a fake-TLS link")),
  secret: orNull(value.maskedSecret()),
  port: orNull(value.port("Port that the link names; null while the key has no place yet")),
  createdAt: orNull(value.recorded("When the secret was given")),
  vless: flag("They can use the VLESS stack's VLESS"),
  socks: flag("They can use the VLESS stack's SOCKS5 and HTTP proxies"),
  note: maybe(text("What the admin wrote down, one line; absent without one")),
  tags: maybe(list("The admin's own words; absent without any", tag())),
  group: maybe(value.group("Absent for whoever is in none")),
  expiresAt: maybe(instant("When the link ends; absent for never")),
  expired: maybe(flag("The link has ended; absent otherwise")),
  formerLinkUntil: maybe(instant("Until when the link before this one works too; absent otherwise")),
  limits: maybe(limits("Absent without any")),
});

const userList = object<UserList>("Everybody in users.json", {
  users: list("In the order of the file", listedUser),
  enabled: count("People whose link is switched on"),
  disabled: count("The others, without a link or switched off"),
});

const switchedUser = object<SwitchedUser>("Whether the link works", {
  username: value.userName(),
  enabled: flag("What was asked for"),
  changed: flag("False when it was so already"),
  live: flag("The running proxies do so"),
});

const regeneratedUser = object<RegeneratedUser>("The new link", {
  ...cardFields,
  previousPort: orNull(value.port("Port of the link before; another one than port when no spare key was left there")),
});

const invitation = object<InvitationPaths>("What to send, in English, Russian and Persian", {
  message: value.path("Text of a message"),
  page: value.path("A page with the link and its QR code"),
});

const rotated = object<Rotated>("Everybody's new links", {
  users: list(
    "Those who got one",
    object<RotatedUser>("Somebody with a new link", {
      ...cardFields,
      invitation: orNull(invitation),
    }),
  ),
  oldLinksUntil: value.instantOrNull("Until when the old links work; null where they are dead"),
  port: orNull(value.port("Public port of the first shard, where it was changed")),
  domain: orNull(value.domain("Cover domain of the fake-TLS links, where it was changed")),
});

const knownHolder = object<KnownHolder>("Somebody here who has this key", {
  username: orNull(value.userName("Null for a shared secret")),
  sharedSecret: orNull(value.secretId("Null for a person's key")),
  enabled: flag("It lets in"),
  current: flag("Mode, cover domain, server and port are what that person has now"),
  until: value.instantOrNull("It was replaced and works until then; null for what was not replaced"),
});

const decodedLink = object<DecodedLink>("A link or secret taken apart; shown whole, because whoever pasted it has it", {
  kind: choice("What was pasted", { link: "", secret: "" }),
  mode: value.mode(),
  domain: orNull(value.domain("Cover domain")),
  secret: value.wholeSecret(),
  server: orNull(value.server("Null for a secret alone")),
  port: orNull(value.port("Null for a secret alone")),
  link: orNull(value.tgLink()),
  tmeLink: orNull(value.tmeLink()),
  repairs: value.advice("What was put right"),
  holders: list("Whose key it is here", knownHolder),
  advice: value.advice("Which apps it suits, and what it cannot do"),
});

const addedVlessUser = object<AddedVlessUser>("A person of the VLESS stack", {
  username: value.userName(),
  mtproxy: orNull(addedUser("Null where no link was asked for")),
});

export const people = {
  "add-user": either(addedUser(), addedUsers),
  "set-user": setUser,
  "set-limit": setLimits,
  "remove-user": removedUser,
  "list-users": userList,
  "list-user-secrets": userList,
  "show-user-config": userCard(),
  "disable-user": switchedUser,
  "enable-user": switchedUser,
  "regenerate-user-secret": regeneratedUser,
  rotate: rotated,
  "link decode": decodedLink,
  "vless-user add": addedVlessUser,
  "vless-user remove": removedUser,
  "vless-user show": userCard(),
  "vless-user list": userList,
};
