import { describe, expect, test } from "vitest";
import type { MonthReport } from "../../../src/app/reporting/export-report.ts";
import type { ReportFormat } from "../../../src/domain/numbers/choices.ts";
import { reportText } from "../../../src/ui/report-views.ts";

const HOSTILE = `<img src=x onerror="alert(1)">'\x1b[31m`;

function report(format: ReportFormat): MonthReport {
  const row = {
    ...{ account: HOSTILE, username: HOSTILE, until: null, bytesIn: 1_500_000, bytesOut: 2, connections: 3 },
    ...{ daysActive: 2, mostHouseholds: null, quotaBytes: 5e9, quotaPeriod: "month" as const },
  };
  const former = {
    ...row,
    account: "alice@20261105T060708.009Z",
    username: "alice",
    until: "2026-11-05T06:07:08.009Z",
  };
  return {
    ...{ format, file: null, month: "2026-11", isWhole: false, madeAt: "2026-11-21T12:00:00.000Z", note: null },
    ...{ rows: [row, former], totals: { bytesIn: 3_000_000, bytesOut: 4, connections: 6 } },
  };
}

describe("a report to print", () => {
  const html = reportText(report("html"));

  test("runs nothing and loads nothing, whatever people are called", () => {
    expect(html).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;?[31m");
    expect(html).not.toMatch(/<(img|script|link|iframe|a)\b|\son\w+="|https?:|\x1b/);
    expect(html).toContain(
      `content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"`,
    );
  });

  test("says who, how much, and that the month is not over", () => {
    expect(html).toContain(
      "<td>1.5 MB</td><td>2 B</td><td>1.5 MB</td><td>3</td><td>2</td><td>-</td><td>5G a month</td>",
    );
    expect(html).toContain('<th scope="row">alice, until 2026-11-05 06:07 UTC</th>');
    expect(html).toMatch(/Made 2026-11-21 12:00 UTC, before the month was over/);
    expect(html).toContain('<th scope="row">Everybody</th><td>3.0 MB</td>');
    const unknown = { ...report("html"), note: "nobody counted", totals: { bytesIn: 0, bytesOut: 0, connections: 0 } };
    expect(reportText(unknown)).toContain('<th scope="row">Everybody</th><td>-</td><td>-</td><td>-</td><td>-</td>');
  });
});

test("a report for a spreadsheet has bytes as they are, and a name is no formula", () => {
  const [head, first, second] = reportText(report("csv")).split("\r\n");
  expect(head).toBe(
    "month,account,username,until,bytes_in,bytes_out,connections,days_active,most_households,quota_bytes,quota_period",
  );
  expect(first).toContain(",1500000,2,3,2,,5000000000,month");
  expect(second).toBe(
    "2026-11,alice@20261105T060708.009Z,alice,2026-11-05T06:07:08.009Z,1500000,2,3,2,,5000000000,month",
  );
});

test("a report for a program is JSON in the words of all others", () => {
  expect(JSON.parse(reportText(report("json")))).toMatchObject({
    ...{ version: 1, month: "2026-11", is_whole: false },
    rows: [{ bytes_in: 1_500_000, most_households: null }, { username: "alice" }],
  });
});
