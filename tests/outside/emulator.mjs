// Run the official WorkOS emulator on a free port of loopback, and print where as JSON.
// A line on its standard input empties it; the end of the input, or SIGTERM, ends it.
import { once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { createEmulator } from 'workos/emulate';

// The emulator listens on every interface and has no option for it.
const listen = net.Server.prototype.listen;
let server;
net.Server.prototype.listen = function (port, _host, ...rest) {
  server = this;
  return listen.call(this, port, '127.0.0.1', ...rest);
};

const slugs = ['admin', 'owner', 'expert_top', 'member'];
const roles = slugs.map((slug, priority) => ({ slug, name: slug, priority }));
const emulator = await createEmulator({ port: 0, seed: { roles } });
if (!server.listening) await once(server, 'listening');
const say = (words) => console.log(JSON.stringify(words));
say({ port: server.address().port, key: emulator.apiKey });

process.on('SIGTERM', () => process.exit(0));
const lines = createInterface({ input: process.stdin });
lines.on('line', () => {
  emulator.reset();
  say({ empty: true });
});
lines.on('close', () => process.exit(0));
