// A port of the client, not finished.
import fs from 'node:fs';
import net from 'node:net';

const [host, port] = process.argv.slice(2);
const socket = net.connect(Number(port), host);
const chunks = socket[Symbol.asyncIterator]();
let buffer = Buffer.alloc(0);

async function exactly(n) {
  while (buffer.length < n) {
    const { value, done } = await chunks.next();
    if (done) throw new Error('the server left in the middle');
    buffer = Buffer.concat([buffer, value]);
  }
  const taken = buffer.subarray(0, n);
  buffer = buffer.subarray(n);
  return taken;
}

try {
  for (const command of fs.readFileSync(0, 'utf8').split('\n')) {
    if (command === 'quit' || command === '') break;
    const name = command.slice('put '.length);
    const body = fs.readFileSync(name);
    const request = Buffer.from(`{"filename": "${name}", "filesize": ${body.toString().length}}`);
    const header = Buffer.alloc(4);
    header.writeInt32BE(request.length);
    socket.write(Buffer.concat([header, request, body]));
    const answer = JSON.parse(await exactly((await exactly(4)).readInt32LE()));
    console.log('saved as', answer.saved);
  }
  socket.end();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
