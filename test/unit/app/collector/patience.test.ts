import { describe, expect, it } from "vitest";
import { Patience } from "../../../../src/app/collector/patience.ts";

describe("patience", () => {
  it("gives what is answered in time, and what went wrong", async () => {
    const patience = new Patience(1000);
    expect(await patience.ask("a", async () => 7)).toBe(7);
    await expect(patience.ask("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await patience.ask("a", async () => 8)).toBe(8);
  });

  it("waits for what takes too long instead of asking again, and asks other things meanwhile", async () => {
    const patience = new Patience(20);
    let [asked, answer] = [0, (_: string) => {}];
    const slow = () =>
      patience.ask("slow", () => {
        asked += 1;
        return new Promise<string>((done) => {
          answer = done;
        });
      });
    expect(await slow()).toBeUndefined();
    expect(await patience.ask("quick", async () => "here")).toBe("here");
    const second = slow();
    answer("at last");
    expect(await second).toBe("at last");
    expect(asked).toBe(1);
  });
});
