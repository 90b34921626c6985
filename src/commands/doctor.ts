import { AppError } from "../domain/errors.ts";
import type { CliCommand } from "./command.ts";

interface DoctorFlags {
  readonly list?: boolean;
}

export function declareDoctorCommand(program: CliCommand): void {
  program
    .command("doctor [checks...]")
    .description("look for everything that keeps people from getting in; exit 9 when a check failed")
    .option("--list", "name the checks, make none")
    .examples(["mtproxy doctor", "mtproxy doctor clock firewall", "mtproxy doctor --list", "mtproxy doctor --json"])
    .runs(
      async (ctx, ids: string[], { list }: DoctorFlags) => {
        const [{ listChecks, runDoctor }, { redactKeys: clean }] = await Promise.all([
          import("../app/doctor/run-doctor.ts"),
          import("../ui/redaction.ts"),
        ]);
        if (list !== true) return endingSoon(await runDoctor(ctx, { ids, clean }));
        if (ids.length > 0) throw new AppError("usage", "--list names every check, so name none beside it");
        return listChecks();
      },
      async (data, style) => (await import("../ui/doctor-views.ts")).doctorView(data, style),
    );
}

/** After what was found is printed. */
const GRACE_MS = 1000;

/** What a check still waits for (a daemon that never answers) must not keep the program from ending. */
function endingSoon<T>(outcome: T): T {
  setTimeout(() => process.exit(), GRACE_MS).unref();
  return outcome;
}
