import { describe, expect, test } from "vitest";
import { renderDocker } from "../../src/render/docker.ts";
import { deployment } from "../support/deployment.ts";

describe("what the engine docker runs from", () => {
  const files = renderDocker(deployment());

  const texts = files.filter(({ path, content }) => typeof content === "string" && !path.startsWith("scripts/"));
  test.each(texts)("$path reads as before", async (file) => {
    await expect(file.content).toMatchFileSnapshot(`docker/${file.path.replace(/^\./, "dot.")}`);
  });

  test("has these files, permissions and owners", async () => {
    const lines = files.map(
      ({ path, mode, forContainer }) => `${mode.toString(8)} ${forContainer ? "container" : "root     "} ${path}`,
    );
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("docker/files.txt");
  });
});
