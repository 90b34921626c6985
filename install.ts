import { main } from "./src/main.ts";

// Sets up a server from a checkout: `npm ci && npm run setup -- --public-host proxy.example.com`. It is `mtproxy setup`, before the
// command is on anybody's PATH.
main("mtproxy", ["setup", ...process.argv.slice(2)]);
