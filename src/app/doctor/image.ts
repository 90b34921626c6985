import { secretsOf } from "../../domain/user.ts";
import type { State } from "../load-state.ts";
import { type Check, failed, ok, skipped, some, warning } from "./check.ts";

export const imageCheck: Check = {
  id: "image",
  title: "the proxy's binary takes what today's apps send",
  run: async (exam) => {
    const state = await exam.state();
    const { image } = state.engineRecord;
    if (state.settings.engine === "trial") return skipped("the trial engine runs no image");
    if (image === undefined || image.image !== state.settings.image)
      return warning(`nobody has looked into ${state.settings.image} yet`, "mtproxy image probe");
    const words = `${image.image} (${image.version})`;
    if (image.verdict === "unusable")
      return failed(`${words} cannot be used: ${image.reasons.join("; ")}`, "mtproxy image list shows others");
    if (image.longHello) return ok(`${words} takes the long hello of current apps`);
    const names = fakeTlsUsers(state);
    const refuses = `${words} refuses the long hello of current apps`;
    if (names.length === 0)
      return warning(`${refuses}: give nobody a fake-TLS link`, "mtproxy image list shows others");
    return failed(
      `${refuses}, and the links of ${some(names)} are fake-TLS: dead for them`,
      "mtproxy image list shows images that take it, mtproxy image use NAME changes to one",
    );
  },
};

function fakeTlsUsers({ users, sharedSecrets }: State): string[] {
  const names = users.filter((user) => user.enabled && secretsOf(user).some(({ mode }) => mode === "fake-tls"));
  const shared = sharedSecrets.some(({ secret, active }) => active && secret.mode === "fake-tls");
  return [...names.map(({ name }) => name), ...(shared ? ["shared secrets"] : [])];
}
