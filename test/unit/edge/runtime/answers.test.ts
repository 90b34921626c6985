import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../../src/domain/errors.ts";
import { INFO, parseInfo } from "../../../../src/edge/runtime/info.ts";
import { parseProcesses } from "../../../../src/edge/runtime/processes.ts";
import { parseServers } from "../../../../src/edge/runtime/server-states.ts";
import { parseSessions } from "../../../../src/edge/runtime/sessions.ts";
import { parseStat } from "../../../../src/edge/runtime/stat.ts";
import { parseTable } from "../../../../src/edge/runtime/table.ts";

const INFO_26 = `Name: HAProxy
Version: 2.6.12-1+deb12u4
Release_date: 2026/10/17
Nbthread: 2
Pid: 4291
Uptime: 0d 0h00m02s
Uptime_sec: 2
Maxconn: 9978
CurrConns: 3
DroppedLogs: 2`;

const SESSIONS_26 = `0x5612980be810: proto=tcpv4 src=127.0.0.1:49374 fe=edge be=users srv=alice:old ts=00 epoch=0 age=3s calls=2 rate=0 cpu=0 lat=0 rq[f=848000h,i=0,an=00h,rx=59m57s,wx=,ax=2s] rp[f=80048202h,i=0,an=00h,rx=59m57s,wx=,ax=] scf=[8,0h,fd=15] scb=[8,1h,fd=16] exp=0s rc=0 c_exp=
0x7fcf180439a0: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> ts=00 epoch=0 age=0s calls=2 rate=1 cpu=0 lat=0 rq[f=c0c020h,i=0,an=00h,rx=,wx=,ax=] rp[f=80008002h,i=0,an=00h,rx=,wx=,ax=] scf=[8,0h,fd=21] scb=[8,1h,fd=-1] exp=9s rc=0 c_exp=
0x7fcf180439b0: proto=? ts=00 epoch=0 age=0s calls=1 rate=1 cpu=0 lat=0 rq[f=848202h,i=0,an=00h,rx=,wx=,ax=] rp[f=80048202h,i=0,an=00h,rx=9m59s,wx=,ax=] scf=[8,40h,fd=-1] scb=[8,1h,fd=16] exp=9m59s rc=0 c_exp=`;
const SESSIONS_30 = `0x7fd8fc717400: proto=tcpv6 src=::1:38664 fe=edge be=users srv=bob ts=00 epoch=0 age=1d3h calls=4 rate=1 cpu=0 lat=0 rq[f=848000h,i=0,an=00h,ax=3s] rp[f=80048000h,i=0,an=00h,ax=] scf=[8,0h,fd=15,rex=59m50s,wex=] scb=[8,1h,fd=18,rex=59m50s,wex=] exp=3s rc=0 c_exp=`;

const PROC = `#<PID>          <type>          <reloads>       <uptime>        <version>      
4223            master          1 [failed: 0]   0d00h00m12s     2.6.12-1+deb12u4
# workers
7060            worker          0               0d00h00m01s     2.6.12-1+deb12u4
# old workers
4291            worker          1               0d00h00m12s     2.6.12-1+deb12u4
4292            worker          2               0d00h00m12s     2.6.12-1+deb12u4
# programs`;

const SERVERS = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
7 users 1 nobody 127.0.0.1 0 5 0 0 4 1 0 0 8 0 0 0 - 1 - 0 0 - - 0
7 users 2 alice:old 10.9.0.18 2 0 1 1 4 1 0 2 0 0 0 0 - 8443 - 0 0 - - 0
`;

describe("HAProxy's answers", () => {
  it("tell about the worker", () => {
    expect(parseInfo(INFO_26)).toEqual({
      version: "2.6.12-1+deb12u4",
      pid: 4291,
      uptimeSeconds: 2,
      connections: 3,
      maxConnections: 9978,
      lostRecords: 2,
    });
  });

  it("hold tables of 2.6 and of 3.x, whose fields come in another order", () => {
    const old = `# table: table_users, type: string, size:102400, used:1
0x5612981e20d0: key=alice use=3 exp=2073599001 gpc0=0 conn_cur=3 bytes_in_cnt=24 bytes_out_cnt=0 gpc1=3`;
    const recent = `# table: table_users, type: string, size:102400, used:1
0x7fd8fcca8020: key=alice use=2 exp=2073599496 shard=0 gpc0=0 conn_cur=2 bytes_in_cnt=16 bytes_out_cnt=0 gpc1=2`;
    expect(parseTable(old, "show table table_users")).toMatchObject([
      { key: "alice", fields: { conn_cur: "3", bytes_in_cnt: "24", gpc1: "3" } },
    ]);
    expect(parseTable(recent, "show table table_users")).toMatchObject([
      { key: "alice", fields: { shard: "0", conn_cur: "2", bytes_in_cnt: "16", gpc1: "2" } },
    ]);
    const rates = `# table: users, type: string, size:20480, used:1
0x7ff65c04bfa0: key=u5/10.0.0.1 use=3 exp=2073599999 conn_rate(60000)=7`;
    expect(parseTable(rates, "show table users")).toMatchObject([
      { key: "u5/10.0.0.1", fields: { "conn_rate(60000)": "7" } },
    ]);
  });

  it("of a key that is not there are empty, and a table that is not there is an error with HAProxy's words", () => {
    expect(parseTable("", "show table table_users key nobody")).toEqual([]);
    expect(() => parseTable("No such table", "show table nowhere")).toThrow(/No such table/);
  });

  it("list clients' connections, and none that HAProxy makes itself", () => {
    expect(parseSessions(SESSIONS_26)).toEqual([
      {
        pointer: "0x5612980be810",
        source: "127.0.0.1:49374",
        frontend: "edge",
        backend: "users",
        server: "alice:old",
        ageSeconds: 3,
      },
    ]);
    expect(parseSessions(SESSIONS_30)).toMatchObject([{ source: "::1:38664", server: "bob", ageSeconds: 97_200 }]);
    expect(parseSessions("")).toEqual([]);
  });

  it("tell the worker from the ones before", () => {
    expect(parseProcesses(PROC)).toEqual({ reloads: 1, failedReloads: 0, worker: 7060, oldWorkers: [4291, 4292] });
    expect(parseProcesses("1  master  0 [failed: 2]  0d\n# workers\n# programs")).toEqual({
      reloads: 0,
      failedReloads: 2,
      oldWorkers: [],
    });
  });

  it("say where servers are", () => {
    expect(parseServers(SERVERS, "show servers state users")).toEqual([
      { name: "nobody", address: "127.0.0.1", port: 1 },
      { name: "alice:old", address: "10.9.0.18", port: 8443 },
    ]);
    expect(() => parseServers("Can't find backend.\n", "show servers state x")).toThrow(/Can't find backend/);
  });

  it("are CSV in which a text may hold commas and quotes", () => {
    const stat = `# pxname,svname,scur,stot,bin,bout,status,last_chk,
users,alice,2,7,1600,25,no check,"a ""b"", c",
users,bob,0,0,0,0,MAINT,,
`;
    expect(parseStat(stat, "show stat")).toEqual([
      { name: "alice", status: "no check", open: 2, total: 7, bytesIn: 1600, bytesOut: 25 },
      { name: "bob", status: "MAINT", open: 0, total: 0, bytesIn: 0, bytesOut: 0 },
    ]);
    expect(() => parseStat("# pxname,svname,\nusers,alice\n", "show stat")).toThrow(AppError);
  });

  const parsers = [
    parseInfo,
    parseProcesses,
    parseSessions,
    ...[parseTable, parseStat, parseServers].map((parse) => (text: string) => parse(text, "show")),
  ];

  it("that are cut, or no answers at all, are errors of ours and never anything else", () => {
    const whole = [INFO_26, SESSIONS_26, PROC, SERVERS];
    const cut = fc.constantFrom(...whole).chain((text) => fc.nat(text.length).map((end) => text.slice(0, end)));
    fc.assert(
      fc.property(fc.oneof(cut, fc.string()), (text) => {
        for (const parse of parsers) {
          try {
            parse(text);
          } catch (error) {
            expect(error).toBeInstanceOf(AppError);
          }
        }
      }),
    );
  });

  it("with a number that is none are refused", () => {
    expect(() => parseInfo(INFO_26.replace("Pid: 4291", "Pid: -4"))).toThrow(INFO);
    expect(() => parseSessions(SESSIONS_26.replace("age=3s", "age=soon"))).toThrow(AppError);
  });
});
