import { strangers } from "./edge-clients.ts";

/** A process of its own, so that the client that is measured has the benchmark's to itself: port and connections a second. */
const [port = "", perSecond = ""] = process.argv.slice(2);
strangers(Number(port), Number(perSecond));
