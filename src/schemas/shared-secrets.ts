import type { SecretList } from "../app/shared-secrets/list-secrets.ts";
import type { RegeneratedSecret } from "../app/shared-secrets/regenerate-secret.ts";
import type { RemovedSecret } from "../app/shared-secrets/remove-secret.ts";
import type { ListedSecret, SharedSecretCard } from "../app/shared-secrets/shared-secret-card.ts";
import type { SharedConfig } from "../app/shared-secrets/show-config.ts";
import { clientFiles } from "./people.ts";
import { count, type Fields, flag, list, object, orNull, shared, text } from "./schema.ts";
import * as value from "./values.ts";

/** Commands about secrets that belong to no user. */

const listedFields: Fields<ListedSecret> = {
  number: count("Place in the list, from 1", { minimum: 1 }),
  id: value.secretId(),
  mode: value.mode(),
  domain: orNull(value.domain("Cover domain; null unless the mode is fake-tls")),
  secret: value.maskedSecret(),
  active: flag("It lets in"),
  description: orNull(text("For whom it is, in the admin's words")),
  createdAt: orNull(value.recorded("When it was made")),
};

const cardFields: Fields<SharedSecretCard> = {
  ...listedFields,
  server: value.server(),
  port: orNull(value.port("Port that the link names; null while no shard has a place for it")),
  link: orNull(value.tgLink()),
  tmeLink: orNull(value.tmeLink()),
  files: clientFiles(),
  advice: value.advice("Which apps the link suits, and what it cannot do"),
};

const card = shared<SharedSecretCard>(
  "shared-secret-card",
  object<SharedSecretCard>("What is handed to everybody who shares it", cardFields),
);

export const sharedSecrets = {
  "add-secret": card(),
  "list-secrets": object<SecretList>("The shared secrets, masked", {
    secrets: list("In the order of their numbers", object<ListedSecret>("A shared secret", listedFields)),
    active: count("How many let in"),
  }),
  "remove-secret": object<RemovedSecret>("What was taken away", {
    ...listedFields,
    last: flag("Nobody has a live link without it"),
    removed: flag("It is gone"),
    revoked: flag("The old link is dead now"),
  }),
  "regenerate-secret": object<RegeneratedSecret>("The new link", {
    ...cardFields,
    previousId: value.secretId("The id before"),
    previousPort: orNull(value.port("Port of the link before")),
  }),
  "show-config": object<SharedConfig>("Links, files and advice", {
    secrets: list("The one that was asked for, or all", card()),
  }),
};
