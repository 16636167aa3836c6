#!/usr/bin/env node
// The getput protocol in JavaScript for Node 18 or later, without packages: server.py and client.py
// in one program.
//
//     port.mjs server HOST PORT
//     port.mjs client HOST PORT
//
// From top to bottom: streams, JSON, frames, files, the server, the client.

import fs from 'node:fs';
import net from 'node:net';
import { endianness } from 'node:os';

const MAX_HEADER = 4096;
const MAX_FILE = 2 ** 30;
const UNFINISHED = '.getput.part'; // what a file is called until it is whole

// ---- streams ----

/** A socket as one reads from it in Python: nothing is read before it is asked for. */
class Stream {
  #socket;
  #rest = Buffer.alloc(0);
  #ended = false;
  #error = null;
  #wake = () => {};

  constructor(socket) {
    this.#socket = socket;
    socket.on('readable', () => this.#wake());
    socket.on('end', () => { this.#ended = true; this.#wake(); });
    socket.on('close', () => { this.#ended = true; this.#wake(); });
    socket.on('error', (error) => { this.#error = error; this.#wake(); });
  }

  /** What has come, at most `max` bytes, as soon as there is any; empty at the stream's end. */
  async recv(max) {
    while (this.#rest.length === 0) {
      const chunk = this.#socket.read();
      if (chunk !== null) this.#rest = chunk;
      else if (this.#error) throw this.#error;
      else if (this.#ended) break;
      else await new Promise((resolve) => { this.#wake = resolve; });
    }
    const part = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }

  /** So many bytes in parts, however the network cuts them. */
  async *parts(size) {
    for (let left = size; left > 0; ) {
      const part = await this.recv(Math.min(left, 65536));
      if (part.length === 0) throw new Error('the connection ended early');
      left -= part.length;
      yield part;
    }
  }

  async exactly(size) {
    const parts = [];
    for await (const part of this.parts(size)) parts.push(part);
    return Buffer.concat(parts);
  }

  send(bytes) {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Done when the connection is closed. */
  close() {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) resolve();
      this.#socket.once('close', resolve);
      this.#socket.end(() => this.#socket.destroy());
    });
  }
}

// ---- JSON ----

/** What json.dumps prints: ASCII alone, a space behind each comma and colon. */
function dumps(pairs) {
  const hex = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const spell = (value) => JSON.stringify(value).replace(/[\x7f-\uffff]/g, hex);
  return `{${pairs.map(([key, value]) => `${spell(key)}: ${spell(value)}`).join(', ')}}`;
}

/**
 * What json.loads makes of a text: a dict is a Map, an int a bigint, a float a number. JSON.parse
 * can't tell 5.0 from 5.
 */
function loads(text) {
  const words = new Map([['null', null], ['true', true], ['false', false]]);
  let at = 0;
  const next = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return null;
    at = pattern.lastIndex;
    return found[0];
  };
  const nextIs = (character) => {
    next(/[ \t\n\r]*/y);
    if (text[at] !== character) return false;
    at += 1;
    return true;
  };
  const wrong = () => new Error(`this is no JSON at character ${at}`);
  const string = () => {
    next(/[ \t\n\r]*/y);
    const found = next(/"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    return found === null ? null : JSON.parse(found);
  };
  const members = (close, member) => {
    if (nextIs(close)) return;
    do member(); while (nextIs(','));
    if (!nextIs(close)) throw wrong();
  };
  const value = () => {
    if (nextIs('[')) {
      const list = [];
      members(']', () => list.push(value()));
      return list;
    }
    if (nextIs('{')) {
      const dict = new Map();
      members('}', () => {
        const key = string();
        if (key === null || !nextIs(':')) throw wrong();
        dict.set(key, value()); // of a key that is there twice, the last
      });
      return dict;
    }
    const found = string();
    if (found !== null) return found;
    const word = next(/null|true|false|NaN|-?Infinity/y);
    if (word) return words.has(word) ? words.get(word) : NaN;
    const number = next(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y);
    if (number === null) throw wrong();
    return /[.eE]/.test(number) ? Number(number) : BigInt(number);
  };
  const whole = value();
  next(/[ \t\n\r]*/y);
  if (at < text.length) throw wrong();
  return whole;
}

function decode(bytes) {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

// ---- frames ----

/** A header in this machine's own byte order, as struct.pack('i', n) has it, and the dict. */
function head(pairs) {
  const dict = Buffer.from(dumps(pairs));
  const header = Buffer.alloc(4);
  if (endianness() === 'LE') header.writeInt32LE(dict.length);
  else header.writeInt32BE(dict.length);
  return Buffer.concat([header, dict]);
}

/** The dict of the next frame; null if the stream ends before it. */
async function receiveDict(stream) {
  const first = await stream.recv(1);
  if (first.length === 0) return null;
  const header = Buffer.concat([first, await stream.exactly(3)]);
  const size = endianness() === 'LE' ? header.readInt32LE() : header.readInt32BE();
  if (size < 0 || size > MAX_HEADER) throw new Error(`a header can't have ${size} bytes`);
  const dict = loads(decode(await stream.exactly(size)));
  if (!(dict instanceof Map)) throw new Error('the header is no dict');
  return dict;
}

function sizeOf(dict) {
  const size = dict.get('size');
  if (typeof size !== 'bigint' || size < 0n || size > MAX_FILE) throw new Error('bad size');
  return Number(size);
}

// ---- files ----

const isFileName = (name) =>
  !['', '.', '..'].includes(name) && !/[/\0]/.test(name) && Buffer.byteLength(name) <= 255;

let unfinished = false;

function removeUnfinished() {
  if (unfinished) fs.rmSync(UNFINISHED, { force: true });
  unfinished = false;
}

/** Receive a file. It gets its name when it is whole, if it may have it. */
async function receiveFile(stream, size, name, mayHave) {
  unfinished = true;
  const file = fs.openSync(UNFINISHED, 'w');
  try {
    for await (const part of stream.parts(size)) fs.writeFileSync(file, part);
    if (!mayHave(name)) return false;
    fs.renameSync(UNFINISHED, name);
    unfinished = false;
    return true;
  } finally {
    fs.closeSync(file);
    removeUnfinished();
  }
}

function readFile(name) {
  try {
    return isFileName(name) ? fs.readFileSync(name) : null;
  } catch {
    return null;
  }
}

// ---- server ----

async function answerGet(stream, name) {
  const data = readFile(name);
  if (data === null) {
    await stream.send(head([['ok', false], ['error', 'no such file']]));
  } else {
    await stream.send(Buffer.concat([head([['ok', true], ['size', data.length]]), data]));
  }
}

async function answerPut(stream, name, size) {
  const isDirectory = () => fs.statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const mayHave = () => isFileName(name) && !isDirectory();
  const isStored = await receiveFile(stream, size, name, mayHave);
  const answer = isStored ? [['ok', true]] : [['ok', false], ['error', "can't store this"]];
  await stream.send(head(answer));
}

async function serveClient(stream) {
  for (let request; (request = await receiveDict(stream)) !== null; ) {
    const name = request.get('name');
    const isText = typeof name === 'string' && Buffer.from(name).toString() === name;
    if (!isText || !request.has('op')) throw new Error('this is no request');
    if (request.get('op') === 'get') await answerGet(stream, name);
    else if (request.get('op') === 'put') await answerPut(stream, name, sizeOf(request));
    else await stream.send(head([['ok', false], ['error', 'unknown op']]));
  }
}

/** Serves one client after another; whatever becomes of one, the next has its turn. */
function serve(host, port) {
  let turn = Promise.resolve();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const stream = new Stream(socket);
    turn = turn
      .then(() => serveClient(stream))
      .then(() => stream.close())
      .catch((error) => { console.error(`port: ${error.message}`); socket.destroy(); });
  });
  server.listen({ host, port });
}

// ---- client ----

const print = (text) => new Promise((resolve) => process.stdout.write(`${text}\n`, resolve));

/** Typed lines without their newlines. */
async function* lines() {
  let typed = Buffer.alloc(0);
  for await (const chunk of process.stdin) {
    typed = Buffer.concat([typed, chunk]);
    for (let end; (end = typed.indexOf('\n')) >= 0; typed = typed.subarray(end + 1)) {
      yield decode(typed.subarray(0, end));
    }
  }
  if (typed.length > 0) yield decode(typed);
}

/** Sends a request, waits for the answer's dict, and prints an error; null if it was one. */
async function ask(stream, name, request) {
  await stream.send(request);
  const answer = await receiveDict(stream);
  if (answer === null) throw new Error('the connection ended early');
  const isOk = answer.get('ok');
  const isAnswer = isOk === true || (isOk === false && typeof answer.get('error') === 'string');
  if (!isAnswer) throw new Error('this is no answer');
  if (!isOk) await print(`${name}: ${answer.get('error')}`);
  return isOk ? answer : null;
}

async function get(stream, name) {
  const answer = await ask(stream, name, head([['op', 'get'], ['name', name]]));
  if (answer === null) return;
  const size = sizeOf(answer);
  await receiveFile(stream, size, name, () => true);
  await print(`${name}: got ${size} bytes`);
}

async function put(stream, name) {
  const data = readFile(name);
  if (data === null) {
    await print(`${name}: can't read this`);
    return;
  }
  const dict = [['op', 'put'], ['name', name], ['size', data.length]];
  if (await ask(stream, name, Buffer.concat([head(dict), data]))) {
    await print(`${name}: put ${data.length} bytes`);
  }
}

async function obey(stream) {
  for await (const line of lines()) {
    const [, command, name] = /^([^ ]*) ?(.*)$/s.exec(line);
    if (command === 'quit') break;
    if (!['get', 'put'].includes(command) || !isFileName(name)) {
      await print('type: get NAME, put NAME or quit');
    } else {
      await (command === 'get' ? get : put)(stream, name);
    }
  }
}

function connect(host, port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => resolve(new Stream(socket)));
  });
}

// ---- main ----

const [role, host, port] = process.argv.slice(2);
if (!['server', 'client'].includes(role) || !port) {
  console.error('usage: port.mjs server|client HOST PORT');
  process.exit(2);
}
// A kill must not leave half a file behind.
process.on('SIGTERM', () => { removeUnfinished(); process.exit(128 + 15); });
try {
  if (role === 'server') {
    serve(host, port);
  } else {
    await obey(await connect(host, port));
    process.exit(0);
  }
} catch (error) {
  console.error(`port: ${error.message}`);
  process.exit(1);
}
