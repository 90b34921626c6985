import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { routeAnswer, ufwAnswer, userChainAnswer } from "../../../src/domain/firewall-rules.ts";

/** As ufw 0.36 prints it. */
const UFW = `Status: active
Logging: on (low)
Default: deny (incoming), allow (outgoing), deny (routed)
New profiles: skip

To                         Action      From
--                         ------      ----
8443/tcp                   LIMIT IN    Anywhere                  
9000:9100/tcp              ALLOW IN    Anywhere                  
7000                       DENY IN     Anywhere                  
6000                       ALLOW IN    10.0.0.0/8                
5000/udp                   ALLOW IN    Anywhere                  
80,443/tcp                 ALLOW IN    Anywhere                  # web
203.0.113.7 4000/tcp       ALLOW IN    Anywhere                  
22/tcp                     ALLOW OUT   Anywhere                  
8443/tcp (v6)              LIMIT IN    Anywhere (v6)             
3000/tcp (v6)              ALLOW IN    Anywhere (v6)             
`;

describe("UFW's status", () => {
  test.each([
    ["a rule that limits", 8443, "limited"],
    ["a range", 9050, "open"],
    ["a list", 443, "open"],
    ["a rule that denies", 7000, "closed"],
    ["a rule for some senders only", 6000, "closed"],
    ["a rule for UDP", 5000, "closed"],
    ["a rule for one address", 4000, "closed"],
    ["a rule for what goes out", 22, "closed"],
    ["a rule for IPv6 only", 3000, "closed"],
    ["no rule", 1234, "closed"],
  ] as const)("with %s for port %i says that it is %s", (_, port, answer) => {
    expect(ufwAnswer(UFW, port)).toBe(answer);
  });

  test("says open where UFW is not active, or lets in what no rule names", () => {
    expect(ufwAnswer("Status: inactive\n", 8443)).toBe("open");
    expect(ufwAnswer(UFW.replace("deny (incoming)", "allow (incoming)"), 1234)).toBe("open");
  });

  test("is read whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(65_535), (text, port) => void ufwAnswer(`Status: active\n${text}`, port)),
    );
  });
});

describe("the rules of a chain of iptables", () => {
  const chain = (...rules: string[]) => ["-N DOCKER-USER", ...rules.map((rule) => `-A DOCKER-USER ${rule}`)].join("\n");

  test.each([
    ["nothing but RETURN", chain("-j RETURN"), "open"],
    ["a drop of the published port", chain("-p tcp -m conntrack --ctorigdstport 8444 -j DROP", "-j RETURN"), "closed"],
    ["a drop of another one", chain("-p tcp -m conntrack --ctorigdstport 8445 -j DROP"), "open"],
    [
      "a drop of the port inside",
      chain("-p tcp -m tcp --dport 8443 -j REJECT --reject-with icmp-port-unreachable"),
      "closed",
    ],
    ["a drop of everything", chain("-j DROP"), "closed"],
    ["an exception before it", chain("-p tcp -m conntrack --ctorigdstport 8444 -j RETURN", "-j DROP"), "open"],
    ["an exception for some before it", chain("-s 10.0.0.0/8 -j ACCEPT", "-j DROP"), "closed"],
    [
      "what is established let through before it",
      chain("-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-j DROP"),
      "closed",
    ],
    ["a drop for some", chain("-s 198.51.100.0/24 -j DROP"), "open"],
    ["a drop for UDP", chain("-p udp -j DROP"), "open"],
    ["a condition that is not understood", chain("-m set --match-set friends src -j ACCEPT", "-j DROP"), "open"],
    ["a comment with blanks", chain('-p tcp -m comment --comment "no way in" -j DROP'), "closed"],
    ["another chain that decides", chain("-j somebody-else", "-j DROP"), "open"],
  ])("with %s", (_, rules, answer) => {
    expect(userChainAnswer(rules, 8444, 8443)).toBe(answer);
  });

  test("end with the policy", () => {
    const rules = "-P INPUT DROP\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp -m multiport --dports 80,8443 -j ACCEPT";
    expect(userChainAnswer(rules, 8443)).toBe("open");
    expect(userChainAnswer(rules, 8444)).toBe("closed");
    expect(userChainAnswer("-P INPUT ACCEPT", 8444)).toBe("open");
  });

  test("are read whatever they are", () => {
    fc.assert(fc.property(fc.string(), fc.nat(65_535), (text, port) => void userChainAnswer(`-A INPUT ${text}`, port)));
  });
});

describe("UFW's rules for forwarded connections", () => {
  const POLICY = "-N ufw-skip-to-policy-forward\n-A ufw-skip-to-policy-forward -j DROP\n";
  const ask = (rules: string[], policy = POLICY) =>
    routeAnswer(["-N ufw-user-forward", ...rules].join("\n"), policy, "br-0123456789ab", 8443);
  const OURS = "-A ufw-user-forward -o br-0123456789ab -p tcp -m tcp --dport 8443 -j ACCEPT";

  test.each([
    { says: "open", rules: [OURS] },
    { says: "open", rules: ["-A ufw-user-forward -p tcp -m tcp --dport 8443 -j ACCEPT"] },
    { says: "open", rules: ["-A ufw-user-forward -s 203.0.113.66/32 -j DROP", OURS] },
    { says: "closed", rules: [] },
    { says: "closed", rules: ["-A ufw-user-forward -o br-0123456789ab -j DROP", OURS] },
    { says: "closed", rules: [OURS.replace("br-0123456789ab", "br-other")] },
    { says: "closed", rules: [OURS.replace("8443", "443")] },
  ])("say $says of $rules", ({ says, rules }) => expect(ask(rules)).toBe(says));

  test("let in whom no rule names where that is the default, and everybody while UFW is off", () => {
    expect(ask([], POLICY.replace("DROP", "ACCEPT"))).toBe("open");
    expect(routeAnswer("", "", "br-0123456789ab", 8443)).toBe("open");
  });
});
