import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImageList } from "../../src/app/images/list-images.ts";
import { coverDomains, type DockerCliHome, dockerCliHome } from "../support/docker-cli-home.ts";
import { standInImage } from "../support/docker-image.ts";

let home: DockerCliHome;

beforeAll(async () => {
  home = await dockerCliHome({ image: await standInImage({ build: "official-2025" }) });
  await home.add("pat");
  await home.add("eve", "--fake-tls", coverDomains[0]);
});
afterAll(() => home?.dispose());

const verify = async () => (await home.mtproxy("verify")).code;

describe("image use", () => {
  it("takes another image on every shard, and the same links work", async () => {
    const image = await standInImage({ build: "getpagespeed" });
    const before = await home.containers();
    const { code, json } = await home.mtproxy("image", "use", image);
    expect(code, JSON.stringify(json)).toBe(0);
    expect(json).toMatchObject({ data: { image, previous: home.image, changed: true, live: true, proved: 2 } });
    expect((await home.containers()).map(({ id }) => id)).not.toEqual(before.map(({ id }) => id));
    expect([await verify(), (await home.mtproxy("plan", "--exit-code")).code]).toEqual([0, 0]);
    const { images } = (await home.mtproxy("image", "list")).json.data as ImageList;
    expect(images[0]).toMatchObject({ image, in_use: true, here: true, verdict: "good" });
  });

  it("refuses one with which a link would be dead, and leaves the containers alone", async () => {
    const image = await standInImage({ build: "official-2019" });
    const before = await home.containers();
    const { code, json } = await home.mtproxy("image", "use", image);
    expect([code, json.error?.message]).toEqual([5, expect.stringContaining("fake-TLS links of eve would be dead")]);
    expect(await home.containers()).toEqual(before);
    expect(await verify()).toBe(0);
  });
});
