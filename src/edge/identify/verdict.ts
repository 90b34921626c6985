import type { EdgeKey, Refusal } from "./edge-key.ts";

/**
 * Why somebody is taken for a stranger.
 * - `not-mtproto`: neither a TLS record nor 64 bytes that could be a header; a relay's PROXY header where the relay is not listed
 * - `hello-size`, `hello-form`: a ClientHello that the C proxy does not take (too short or long, or not well-formed)
 * - `no-sni`, `unlisted-sni`: it names no domain, or none that the shard imitates, whether a key fits or not
 * - `unknown`, `tls-unknown`: no key fits the header, or the hello
 * - `clock-skew`: the key fits, and the hello's time is too far from ours
 * - `wrong-mode`: the key fits, and its shard takes the other kind of link only
 * - `busy`: too many strangers at once, or too many from this address: nobody looked through all keys
 */
export type StrangeReason =
  | "not-mtproto"
  | "hello-size"
  | "hello-form"
  | "no-sni"
  | "unlisted-sni"
  | "unknown"
  | "tls-unknown"
  | "clock-skew"
  | "wrong-mode"
  | "busy"
  | Refusal;

/** Who is connecting. A stranger whose key is known has its holder's name all the same: the log helps whose clock is wrong. */
export type Verdict =
  | { readonly why: "ok"; readonly known: EdgeKey }
  | { readonly why: StrangeReason; readonly holder?: string };
