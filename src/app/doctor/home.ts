import type { Check } from "./check.ts";
import { failed, ok } from "./check.ts";

export const homeCheck: Check = {
  id: "home",
  title: "a proxy is set up",
  run: async ({ ctx }) => {
    const { home, settings } = ctx.paths;
    if ((await ctx.files.stat(settings)) !== undefined) return ok(`everything is in ${home}`);
    return failed(
      `no proxy is set up in ${home}`,
      "mtproxy setup --public-host YOUR.SERVER (--home DIR looks at another folder)",
    );
  },
};
