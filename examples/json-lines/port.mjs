#!/usr/bin/env node
// The list of things to do, as server and as client, in JavaScript for Node 18 or later, without
// packages.
//
//     port.mjs server HOST PORT
//     port.mjs client HOST PORT

import { randomUUID } from 'node:crypto';
import net from 'node:net';

// Bytes of a line, its newline among them.
const SERVER_MAX_LINE = 65536 + 1;
const CLIENT_MAX_LINE = 16 * 1024 * 1024;

const [role, host, port] = process.argv.slice(2);
if (process.argv.length !== 5 || !['server', 'client'].includes(role)) {
  console.error('usage: port.mjs server|client HOST PORT');
  process.exit(2);
}
// ---- JSON and lines ----

/** A number that Python writes and reads as a float. */
class Float {
  constructor(text) {
    this.text = text;
  }
}

/** JSON as Python's json.dumps writes it: spaces behind commas and colons, and ASCII alone. */
function dumps(value) {
  if (value instanceof Float) return value.text;
  if (Array.isArray(value)) return `[${value.map(dumps).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).map(([key, member]) => `${dumps(key)}: ${dumps(member)}`);
    return `{${members.join(', ')}}`;
  }
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escape);
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;

/** The object of a line. JSON.parse takes 1 and 1.0 for the same, so each float becomes a Float. */
function loads(line) {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
  JSON.parse(text); // throws where it is no JSON
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    /^[^"]+[.eE]/.test(token) ? `{"float": "${token}"}` : token,
  );
  const value = JSON.parse(marked, (_, it) =>
    typeof it?.float === 'string' && Object.keys(it).length === 1 ? new Float(it.float) : it,
  );
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new Error('a line that is no object');
  }
  return value;
}

/** Yields each whole line, as bytes without its newline. What is left at the end is not whole. */
async function* linesOf(stream, maxLine) {
  let pending = Buffer.alloc(0);
  for await (const chunk of stream) {
    pending = Buffer.concat([pending, chunk]);
    for (let end; (end = pending.indexOf('\n')) >= 0; ) {
      const line = pending.subarray(0, end);
      pending = pending.subarray(end + 1);
      if (line.length >= maxLine) throw new Error('a line is too long');
      yield line;
    }
    if (pending.length >= maxLine) throw new Error('a line is too long');
  }
  return pending;
}

function write(stream, text) {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

const nonce = () => randomUUID().replaceAll('-', '');

// ---- the server ----

function runServer() {
  const server = net.createServer({ allowHalfOpen: true }, async (socket) => {
    socket.on('error', () => {}); // the next read or write throws it
    try {
      await serveClient(socket);
      socket.end();
    } catch (error) {
      console.error(`a client is lost: ${error.message}`);
      socket.destroy();
    }
  });
  server.listen({ host, port: Number(port) });
}

async function serveClient(socket) {
  const items = [];
  for await (const line of linesOf(socket, SERVER_MAX_LINE)) {
    const request = loads(line);
    const answer = work(items, request);
    answer.time = new Float((Date.now() / 1000).toFixed(6));
    answer.nonce = nonce();
    await write(socket, `${dumps(answer)}\n`);
    if (request.op === 'quit') return;
  }
}

/** What the request gives, besides the time and the nonce. */
function work(items, request) {
  switch (request.op) {
    case 'add':
      if (typeof request.text !== 'string' || request.text === '') {
        return { ok: false, error: 'nothing to add' };
      }
      items.push({ number: items.length + 1, text: request.text, done: false });
      return { ok: true, number: items.length };
    case 'list':
      return { ok: true, items };
    case 'done': {
      const item = Number.isInteger(request.number) ? items[request.number - 1] : undefined;
      if (item === undefined) return { ok: false, error: 'no such item' };
      item.done = true;
      return { ok: true, text: item.text };
    }
    case 'quit':
      return { ok: true, left: items.filter((item) => !item.done).length };
    default:
      return { ok: false, error: 'no such op' };
  }
}

// ---- the client ----

function connect() {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port: Number(port) });
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

/** Typed lines as text; the last one needs no newline. */
async function* typedLines() {
  const lines = linesOf(process.stdin, CLIENT_MAX_LINE);
  while (true) {
    const { value, done } = await lines.next();
    if (!done || value.length > 0) yield value.toString();
    if (done) return;
  }
}

async function runClient() {
  const socket = await connect();
  socket.on('error', () => {}); // the next read or write throws it
  const answers = linesOf(socket, CLIENT_MAX_LINE);
  for await (const typed of typedLines()) {
    const request = requestOf(typed);
    if (request === null) {
      await print('add TEXT, done N, list or quit\n');
      continue;
    }
    request.nonce = nonce();
    await write(socket, `${dumps(request)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error('the connection ended before the answer did');
    for (const line of shown(request, loads(value))) await print(line);
    if (typed === 'quit') break;
  }
  socket.end();
}

const print = (text) => write(process.stdout, text);

/** The request that a typed line stands for, or null. */
function requestOf(typed) {
  const [verb] = typed.split(' ', 1);
  const rest = typed.slice(verb.length + 1);
  if (verb === 'add') return { op: 'add', text: rest };
  if (verb === 'done' && /^[0-9]{1,9}$/.test(rest)) return { op: 'done', number: Number(rest) };
  if (typed === 'list' || typed === 'quit') return { op: typed };
  return null;
}

/** The lines that show an answer. An item that lacks a key is an error behind the items before it. */
function* shown(request, answer) {
  if (typeof answer.ok !== 'boolean') {
    throw new Error('the answer does not say whether it is ok');
  }
  if (!answer.ok) {
    yield `error: ${need(answer, 'error')}\n`;
    return;
  }
  switch (request.op) {
    case 'add':
      yield `added ${need(answer, 'number', 'number')}\n`;
      break;
    case 'done':
      yield `done: ${need(answer, 'text', 'string')}\n`;
      break;
    case 'list':
      for (const item of need(answer, 'items')) {
        const mark = need(item, 'done') ? 'x' : ' ';
        yield `[${mark}] ${need(item, 'number', 'number')} ${need(item, 'text')}\n`;
      }
      break;
    default:
      yield `${need(answer, 'left', 'number')} left\n`;
  }
}

/** The value of a key, which must be there, and of the type if one is given. */
function need(answer, key, type) {
  if (!(key in answer)) throw new Error(`the answer has no ${key}`);
  const value = answer[key] instanceof Float ? Math.trunc(answer[key].text) : answer[key];
  if (type !== undefined && typeof value !== type) throw new Error(`${key} is no ${type}`);
  return value;
}

// ---- the program ----

if (role === 'server') {
  runServer();
} else {
  try {
    await runClient();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`error: ${error.message}\n`, () => process.exit(1));
  }
}
