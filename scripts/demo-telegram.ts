import { startDatacenter } from "../test/support/telegram/datacenter.ts";

// The loopback Telegram that the demo brings where there is no way out to the real one: prints its port and answers until it is ended.
void startDatacenter().then(({ port }) => process.stdout.write(`${port}\n`));
