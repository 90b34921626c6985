import { describe, expect, test } from "vitest";
import { createAsk } from "../../../src/ui/prompts.ts";
import { watchOnTerminal, withProgram } from "../../support/run-source.ts";
import { recordTerminal } from "../../support/terminal.ts";

const question = "User has MTProxy enabled. Remove secret?";
const input = { yes: false, input: true };

describe("without a person", () => {
  const pipe = recordTerminal();

  test("a question fails, repeating it and naming --yes", async () => {
    await expect(createAsk(pipe, input).confirm(question)).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining(question),
      hint: expect.stringContaining("--yes"),
    });
  });

  test("a question for a text names the option that answers it", async () => {
    const text = createAsk(pipe, input).text("Public host", { flag: "--public-host HOST" });
    await expect(text).rejects.toMatchObject({ kind: "usage", hint: expect.stringContaining("--public-host HOST") });
  });

  test("--no-input forbids to ask at a terminal too", async () => {
    const ask = createAsk(recordTerminal({ tty: true }), { yes: false, input: false });
    await expect(ask.confirm(question)).rejects.toMatchObject({ kind: "usage" });
  });

  test("--yes answers yes, and takes the proposed text", async () => {
    const ask = createAsk(pipe, { yes: true, input: true });
    expect(await ask.confirm(question, { default: false })).toBe(true);
    expect(await ask.text("Port", { flag: "--port PORT", default: "8443" })).toBe("8443");
  });
});

describe("at a terminal", () => {
  const program = `
    import { createAsk } from "./src/ui/prompts.ts";
    import { processTerminal } from "./src/ui/terminal.ts";
    const ask = createAsk(processTerminal(), { yes: false, input: true });
    const [, , kind, byDefault] = process.argv;
    const asked = kind === "confirm"
      ? ask.confirm("${question}", { default: byDefault === "true" })
      : ask.text("Port", { flag: "--port PORT", default: "8443" });
    asked.then((answer) => console.log("ANSWER", answer), (error) => { console.log("ERROR", error.kind); process.exitCode = error.exitCode; });
  `;

  async function converse(args: string[], typed: string, env: Record<string, string> = {}) {
    return withProgram(program, async (file) => {
      const shown = watchOnTerminal([process.execPath, file, ...args], env);
      await shown.until(args[0] === "confirm" ? question : "Port");
      shown.child.stdin.write(typed);
      return { code: await shown.ended, output: shown.output() };
    });
  }

  test.each([
    ["true", "\r", true],
    ["false", "\r", false],
    ["true", "n\r", false],
    ["false", "y\r", true],
  ])("a question that proposes %s, answered %j, gives %s", async (byDefault, typed, answer) => {
    const { code, output } = await converse(["confirm", byDefault], typed, { NO_COLOR: "1" });
    expect(output).toContain(`? ${question} [${byDefault === "true" ? "Y/n" : "y/N"}]`);
    expect(output).toContain(`ANSWER ${answer}`);
    expect(code).toBe(0);
  });

  test("a text is what is typed, or what was proposed", async () => {
    expect((await converse(["text"], "443\r")).output).toContain("ANSWER 443");
    expect((await converse(["text"], "\r")).output).toContain("ANSWER 8443");
  });

  test("Ctrl-C ends with exit code 130 and shows the cursor again", async () => {
    const { code, output } = await converse(["confirm", "true"], "\x03");
    expect(output).toContain("ERROR interrupted");
    expect(code).toBe(130);
    expect(output.lastIndexOf("\x1b[?25h")).toBeGreaterThanOrEqual(output.lastIndexOf("\x1b[?25l"));
  });

  test("NO_COLOR leaves questions without colour", async () => {
    const { output } = await converse(["confirm", "true"], "y\r", { NO_COLOR: "1" });
    expect(output).not.toMatch(/\x1b\[[\d;]*m/);
    const { output: colored } = await converse(["confirm", "true"], "y\r");
    expect(colored).toMatch(/\x1b\[[\d;]*m/);
  });
});
