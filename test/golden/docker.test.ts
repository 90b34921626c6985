import { describe, expect, test } from "vitest";
import { renderDocker } from "../../src/render/docker.ts";
import { deployment } from "../support/deployment.ts";

describe("what the engine docker runs from", () => {
  const files = renderDocker(deployment());

  const texts = files.filter(({ path, content }) => typeof content === "string" && !path.startsWith("scripts/"));
  test.each(texts)("$path reads as before", async (file) => {
    // The digest follows from everything else, the scripts included; test/unit/render/config-digest.test.ts has it.
    const content = String(file.content).replace(/(config-digest: ")[0-9a-f]{64}/g, "$1DIGEST");
    await expect(content).toMatchFileSnapshot(`docker/${file.path.replace(/^\./, "dot.")}`);
  });

  test("has these files, permissions and owners", async () => {
    const lines = files.map(
      ({ path, mode, forContainer }) => `${mode.toString(8)} ${forContainer ? "container" : "root     "} ${path}`,
    );
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("docker/files.txt");
  });
});
