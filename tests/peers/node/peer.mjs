#!/usr/bin/env node
// The two framed programs, file-transfer and remote-command, and the two echoes, tcp-upper and
// udp-upper, each as server and as client, in JavaScript for Node 18 or later, without packages.
// docs/PROTOCOL.md has the clauses that the comments and the messages name.
//
//     peer.mjs server file-transfer HOST PORT FILE [DESCRIPTION]
//     peer.mjs client file-transfer HOST PORT
//     peer.mjs server|client remote-command|tcp-upper|udp-upper HOST PORT
//
// It also shows what the tutorials' programs show, to the byte, so it knows how Python prints.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import { endianness } from 'node:os';
import { basename } from 'node:path';

const RECV_BYTES = 1024; // what the tutorials ask recv for
const DICT_MAX_BYTES = 2 ** 20;
const FILE_MAX_BYTES = 2 ** 40;
const ANSWER_MAX_BYTES = 2 ** 28;
const OUTPUT_MAX_BYTES = 96 * 2 ** 20; // of a command, on each of its streams: both are held (NW-5)
const NAME_MAX_BYTES = 255;
const NESTING_MAX = 995; // what every CPython takes
const DIGITS_MAX = 4300; // likewise, of an int
const FRAME_TIMEOUT_MS = 60_000; // for the rest of a frame that has begun
const DATAGRAM_TIMEOUT_MS = 5_000;

/** What goes against a clause: the end of an exchange, and not of a server. */
class Breach extends Error {
  constructor(clause, why) {
    super(`[${clause}] ${why}`);
  }
}

// ---- streams ----

/** A socket as one reads from it in Python: what has come waits until it is asked for. */
class Stream {
  #socket;
  #chunks = [];
  #length = 0;
  #ended = false;
  #error = null;
  #wake = () => {};
  timeoutMs = 0; // for whatever is waited for next; 0: for ever

  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      if (this.#length > 2 ** 18) socket.pause();
      this.#wake();
    });
    socket.on('end', () => { this.#ended = true; this.#wake(); });
    socket.on('error', (error) => { this.#error = error; this.#wake(); });
    socket.on('close', () => { this.#ended = true; this.#wake(); });
  }

  /** What has come, at most `max` bytes, as soon as there is any; empty at the stream's end. */
  async recv(max, clause) {
    while (this.#length === 0) {
      if (this.#error) throw new Breach(clause, `can't receive: ${this.#error.message}`);
      if (this.#ended) return Buffer.alloc(0);
      await this.#something(clause);
    }
    let taken = this.#chunks[0];
    if (taken.length < max && this.#chunks.length > 1) {
      taken = Buffer.concat(this.#chunks);
      this.#chunks.length = 1;
    }
    if (taken.length > max) {
      this.#chunks[0] = taken.subarray(max);
      taken = taken.subarray(0, max);
    } else {
      this.#chunks.shift();
    }
    this.#length -= taken.length;
    if (this.#length === 0) this.#socket.resume();
    return taken;
  }

  /** So many bytes in parts, however the network cuts them (NW-1). */
  async *parts(length, clause, what) {
    for (let left = length; left > 0; ) {
      const part = await this.recv(Math.min(left, 2 ** 16), clause);
      if (part.length === 0) {
        throw new Breach(clause, `the stream ended ${left} bytes before ${what} is whole`);
      }
      left -= part.length;
      yield part;
    }
  }

  async gather(length, clause, what) {
    const parts = [];
    for await (const part of this.parts(length, clause, what)) parts.push(part);
    return parts;
  }

  async exactly(length, clause, what) {
    return Buffer.concat(await this.gather(length, clause, what));
  }

  /** Done when there is room for more: a peer that doesn't read holds up whoever writes. */
  send(bytes, clause) {
    return new Promise((resolve, reject) => {
      const failed = (error) => reject(new Breach(clause, `can't send: ${error.message}`));
      if (this.#error || this.#socket.destroyed) failed(this.#error ?? new Error('it is closed'));
      else this.#socket.write(bytes, (error) => (error ? failed(error) : resolve()));
    });
  }

  close() {
    this.#socket.end();
    this.#socket.resume();
  }

  #something(clause) {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Breach(clause, `nothing came for ${this.timeoutMs} ms`));
      const timer = this.timeoutMs ? setTimeout(late, this.timeoutMs) : undefined;
      this.#wake = () => { clearTimeout(timer); resolve(); };
    });
  }
}

/** Serve each client by itself; whatever becomes of one, the others go on (NW-4). */
function serve(host, port, serveClient) {
  const server = net.createServer({ allowHalfOpen: true }, async (socket) => {
    const stream = new Stream(socket);
    try {
      await serveClient(stream);
      stream.close();
    } catch (error) {
      console.error(error.message);
      socket.destroy();
    }
  });
  server.listen({ host, port });
}

function connect(host, port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(new Stream(socket));
    });
  });
}

// ---- text ----

/** Done when it is written, so that nothing is lost where the program then exits. */
const print = (text) => new Promise((resolve) => process.stdout.write(text, resolve));

/** Typed lines, without their newlines, as bytes; the prompt is shown before each is waited for. */
async function* input(prompt) {
  let typed = Buffer.alloc(0);
  await print(prompt);
  for await (const chunk of process.stdin) {
    typed = Buffer.concat([typed, chunk]);
    for (let end; (end = typed.indexOf('\n')) >= 0; ) {
      const line = typed.subarray(0, end);
      typed = typed.subarray(end + 1);
      yield line;
      await print(prompt);
    }
  }
  if (typed.length > 0) {
    yield typed;
    await print(prompt);
  }
}

function decode(bytes, codec) {
  try {
    return new TextDecoder(codec, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Parts of a body, one after another, as Python decodes GBK: Node's has a euro sign and private
 * characters besides (RC-8). In parts, for the whole may be big, and more so as text.
 */
function* decodeGbk(parts) {
  const decoder = new TextDecoder('gbk', { fatal: true });
  try {
    for (const part of [...parts, null]) {
      const text = part ? decoder.decode(part, { stream: true }) : decoder.decode();
      if (/[€\ue000-\uf8ff]/.test(text)) throw new TypeError('not in Python');
      yield text;
    }
  } catch {
    throw new Breach('RC-8', 'the answer is not GBK');
  }
}

/** a to z as A to Z, whatever the bytes are otherwise (TU-2, UU-2). */
const upper = (bytes) => bytes.map((byte) => (byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte));

/** What str.strip() leaves; String.trim has other spaces. */
const strip = (text) => {
  const space =
    '[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
  return text.replace(new RegExp(`^${space}+`), '').replace(new RegExp(`${space}+$`), '');
};

const hex = (code, width) => code.toString(16).padStart(width, '0');

/** Text between quotes, each character that isn't `plain` as Python spells it. */
function quoted(characters, plain, spell) {
  const quote = characters.includes("'") && !characters.includes('"') ? '"' : "'";
  const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\', [quote]: `\\${quote}` };
  const shown = (c) => short[c] ?? (plain.test(c) ? c : spell(c.codePointAt(0)));
  return quote + Array.from(characters, shown).join('') + quote;
}

const reprBytes = (bytes) =>
  `b${quoted(bytes.toString('latin1'), /^[ -~]$/, (code) => `\\x${hex(code, 2)}`)}`;

const reprText = (text) =>
  quoted(text, /^( |[^\p{C}\p{Z}])$/u, (code) => {
    if (code < 0x100) return `\\x${hex(code, 2)}`;
    return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  });

/** Python's repr of what `loads` makes. */
function repr(value) {
  if (typeof value === 'string') return reprText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return reprFloat(value);
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (value instanceof Map) {
    return `{${Array.from(value, ([key, member]) => `${repr(key)}: ${repr(member)}`).join(', ')}}`;
  }
  return value === null ? 'None' : value ? 'True' : 'False';
}

function reprFloat(number) {
  if (!Number.isFinite(number)) return Number.isNaN(number) ? 'nan' : number < 0 ? '-inf' : 'inf';
  const [digits, power] = number.toExponential().split('e');
  const sign = Object.is(number, -0) ? '-' : '';
  if (power >= -4 && power < 16) {
    const fixed = number.toFixed(Math.max(1, digits.replace(/\D/g, '').length - 1 - power));
    return sign + fixed;
  }
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

// ---- JSON ----

/** What json.dumps prints: ASCII alone, a space behind each comma and colon. */
function dumps(pairs) {
  const ascii = (text) =>
    JSON.stringify(text).replace(/[\x7f-\uffff]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`);
  const spell = (value) => (typeof value === 'string' ? ascii(value) : String(value));
  return `{${pairs.map(([key, value]) => `${ascii(key)}: ${spell(value)}`).join(', ')}}`;
}

/** The text that json.loads takes bytes for: nearly always UTF-8, but UTF-16 and UTF-32 too. */
function textOf(bytes) {
  const starts = (...mark) => mark.every((byte, nth) => bytes[nth] === byte);
  let [width, mark, isBig] = [1, 0, false];
  if (starts(0, 0, 0xfe, 0xff)) [width, mark, isBig] = [4, 4, true];
  else if (starts(0xff, 0xfe, 0, 0)) [width, mark] = [4, 4];
  else if (starts(0xfe, 0xff)) [width, mark, isBig] = [2, 2, true];
  else if (starts(0xff, 0xfe)) [width, mark] = [2, 2];
  else if (starts(0xef, 0xbb, 0xbf)) mark = 3;
  else if (bytes.length >= 4 || bytes.length === 2) {
    if (bytes[0] === 0) [width, isBig] = [bytes[1] ? 2 : 4, true];
    else if (bytes[1] === 0) width = bytes.length === 2 || bytes[2] || bytes[3] ? 2 : 4;
  }
  const rest = bytes.subarray(mark);
  if (width === 1) return decodeUtf8PassingSurrogates(rest);
  if (rest.length % width) return null;
  const units = [];
  for (let at = 0; at < rest.length; at += width) {
    const unit = isBig ? rest.readUIntBE(at, width) : rest.readUIntLE(at, width);
    if (unit > 0x10ffff) return null;
    units.push(unit > 0xffff ? String.fromCodePoint(unit) : String.fromCharCode(unit));
  }
  return units.join('');
}

/** As bytes.decode('utf-8', 'surrogatepass'), which takes half a pair for a character. */
function decodeUtf8PassingSurrogates(bytes) {
  const parts = [];
  let start = 0;
  for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1)) {
    const [second, third] = [bytes[at + 1], bytes[at + 2]];
    if (second < 0xa0 || second > 0xbf || !(third >= 0x80 && third <= 0xbf)) continue;
    parts.push(decode(bytes.subarray(start, at), 'utf-8'));
    parts.push(String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f)));
    start = at + 3;
  }
  parts.push(decode(bytes.subarray(start), 'utf-8'));
  return parts.includes(null) ? null : parts.join('');
}

/**
 * What json.loads makes of a text: an int is a bigint, a float a number, a dict a Map. JSON.parse
 * won't do: it tells no 5.0 from 5, knows no NaN, and has no limit to what is nested.
 */
function loads(text) {
  const SPACES = /[ \t\n\r]*/y;
  const STRING = /"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"/y;
  const NUMBER = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
  const WORD = /null|true|false|NaN|-?Infinity/y;
  const WORDS = { null: null, true: true, false: false, NaN, Infinity, '-Infinity': -Infinity };
  let at = 0;

  const wrong = (why) => new Breach('FR-3', `the dict is no JSON: ${why} at character ${at}`);
  const next = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const nextIs = (character) => {
    next(SPACES);
    if (text[at] !== character) return false;
    at += 1;
    return true;
  };
  const string = () => {
    next(SPACES);
    const found = next(STRING);
    return found && JSON.parse(found[0]);
  };
  const number = () => {
    const found = next(NUMBER);
    if (!found) throw wrong('no value');
    const [all, int, fraction, exponent] = found;
    if (fraction !== undefined || exponent !== undefined) return Number(all);
    if (int.replace('-', '').length > DIGITS_MAX) throw wrong('an int of too many digits');
    return BigInt(int);
  };
  const members = (close, member) => {
    if (nextIs(close)) return;
    do member(); while (nextIs(','));
    if (!nextIs(close)) throw wrong(`no '${close}' or ','`);
  };
  const value = (depth) => {
    if (depth > NESTING_MAX) throw wrong('nested too deeply');
    if (nextIs('[')) {
      const list = [];
      members(']', () => list.push(value(depth + 1)));
      return list;
    }
    if (nextIs('{')) {
      const dict = new Map();
      members('}', () => {
        const key = string();
        if (key === null) throw wrong('no key');
        if (!nextIs(':')) throw wrong("no ':'");
        dict.set(key, value(depth + 1)); // of a key that is there twice, the last
      });
      return dict;
    }
    const text = string();
    if (text !== null) return text;
    const word = next(WORD);
    return word ? WORDS[word[0]] : number();
  };

  const whole = value(1);
  next(SPACES);
  if (at < text.length) throw wrong('more behind it');
  return whole;
}

// ---- frames ----

/** A header in the machine's own byte order, as struct.pack('i', n) has it, and the dict. */
function head(pairs) {
  const dict = Buffer.from(dumps(pairs), 'ascii');
  const header = Buffer.alloc(4);
  if (endianness() === 'LE') header.writeInt32LE(dict.length);
  else header.writeInt32BE(dict.length);
  return Buffer.concat([header, dict]);
}

/** Receive a header and a dict; the dict, and its size as a number. */
async function receiveHead(stream, sizeKey, sizeMax) {
  stream.timeoutMs = 0;
  const first = await stream.exactly(1, 'FR-1', 'a header');
  stream.timeoutMs = FRAME_TIMEOUT_MS;
  const header = Buffer.concat([first, await stream.exactly(3, 'FR-1', 'a header')]);
  const length = endianness() === 'LE' ? header.readInt32LE() : header.readInt32BE();
  if (length < 0 || length > DICT_MAX_BYTES) {
    throw new Breach('FR-2', `the header announces ${length} bytes`);
  }
  const text = textOf(await stream.exactly(length, 'FR-3', 'the dict'));
  if (text === null) throw new Breach('FR-3', 'the dict is no text');
  const dict = loads(text);
  if (!(dict instanceof Map)) throw new Breach('FR-4', 'the dict is none');
  const size = dict.get(sizeKey);
  if (typeof size !== 'bigint' || size < 0n || size > sizeMax) {
    throw new Breach('FR-4', `${sizeKey} is no int from 0 to ${sizeMax}`);
  }
  return [dict, Number(size)];
}

// ---- file-transfer ----

const sendFile = (path, description = 'what fuck') => async (stream) => {
  const file = await fs.promises.open(path);
  try {
    const { size } = await file.stat();
    const about = [['file_name', basename(path)], ['file_desc', description], ['file_size', size]];
    await stream.send(head(about), 'FT-10');
    // As many bytes as were announced, though the file may have grown meanwhile (FT-4).
    for (let left = size; left > 0; ) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(left, 2 ** 16)));
      if (bytesRead === 0) throw new Breach('FT-4', `${path} has become shorter`);
      await stream.send(buffer.subarray(0, bytesRead), 'FT-10');
      left -= bytesRead;
    }
  } finally {
    await file.close();
  }
};

async function fetchFile(stream) {
  const [dict, size] = await receiveHead(stream, 'file_size', FILE_MAX_BYTES);
  await print(`${repr(dict)}\n`);
  const name = fileName(dict.get('file_name'));

  // Under another name until it is whole (FR-8); one of this directory, so that it can be renamed.
  const unfinished = `.part-${randomBytes(6).toString('hex')}`;
  const file = fs.openSync(unfinished, 'wx', 0o666);
  const clearUp = () => fs.rmSync(unfinished, { force: true });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => { clearUp(); process.exit(1); });
  }
  try {
    for await (const part of stream.parts(size, 'FR-5', 'the file')) fs.writeFileSync(file, part);
    fs.closeSync(file);
    fs.renameSync(unfinished, name); // a link is replaced, not followed (FR-7)
  } catch (error) {
    clearUp();
    throw error;
  }
}

/** The name as the file system has it, if a file in the working directory can have it (FR-7). */
function fileName(text) {
  const refused = (why) => new Breach('FR-7', `file_name ${why}`);
  if (typeof text !== 'string') throw refused('is no string');
  const name = Buffer.concat(Array.from(text, (character) => {
    const code = character.codePointAt(0);
    if (code >= 0xdc80 && code <= 0xdcff) return Buffer.from([code & 0xff]); // surrogateescape
    if (code >= 0xd800 && code <= 0xdfff) throw refused('has a lone surrogate in it');
    return Buffer.from(character);
  }));
  if (name.includes(0) || name.includes('/')) throw refused("has a '/' or a NUL in it");
  if (['', '.', '..'].includes(text)) throw refused('is empty or a directory');
  if (name.length > NAME_MAX_BYTES) throw refused(`is longer than ${NAME_MAX_BYTES} bytes`);
  const there = fs.lstatSync(name, { throwIfNoEntry: false });
  if (there && !there.isFile() && !there.isSymbolicLink()) throw refused('is that of no file');
  return name;
}

// ---- remote-command ----

async function obey(stream) {
  for (let bytes; (bytes = await stream.recv(RECV_BYTES, 'RC-9')).length > 0; ) {
    await print(`cmd: ${reprBytes(bytes)}\n`);
    const command = decode(bytes, 'utf-8');
    if (command?.includes('\0') ?? true) throw new Breach('RC-11', 'what came is no command');
    const [err, answer] = await run(command);
    await print(`${reprBytes(Buffer.concat(err))}\n`);
    const length = answer.reduce((sum, chunk) => sum + chunk.length, 0);
    await stream.send(head([['data_size', length]]), 'RC-9');
    for (const chunk of answer) await stream.send(chunk, 'RC-9');
  }
}

/**
 * Run a command as Popen(command, shell=True) does: what it wrote to standard error, and what its
 * answer is (RC-5), in chunks. If it wrote any to standard error that is the answer, whether or not
 * its standard output ever ends.
 */
function run(command) {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.on('error', reject);
    const [out, err] = [child.stdout, child.stderr].map((pipe) => {
      const output = { chunks: [], ended: false };
      let length = 0;
      pipe.on('data', (chunk) => {
        output.chunks.push(chunk);
        length += chunk.length;
        if (length > OUTPUT_MAX_BYTES) {
          child.kill('SIGKILL');
          reject(new Breach('NW-5', `a command wrote more than ${OUTPUT_MAX_BYTES} bytes`));
          finish();
        }
      });
      pipe.on('end', () => { output.ended = true; finishIfDone(); });
      return output;
    });
    const finish = () => { child.stdout.destroy(); child.stderr.destroy(); };
    const finishIfDone = () => {
      if (!err.ended || (err.chunks.length === 0 && !out.ended)) return;
      resolve([err.chunks, err.chunks.length > 0 ? err.chunks : out.chunks]);
      finish();
    };
  });
}

async function askCommands(stream) {
  for await (const line of input('>>: ')) {
    if (line.length === 0) continue;
    if (decode(line, 'utf-8') === null) throw new Breach('RC-8', 'the line is not UTF-8');
    if (line.length > RECV_BYTES) throw new Breach('RC-1', `over ${RECV_BYTES} bytes of command`);
    await stream.send(line, 'FR-1');
    const [, size] = await receiveHead(stream, 'data_size', ANSWER_MAX_BYTES);
    const answer = await stream.gather(size, 'FR-5', 'the answer');
    for (const _ of decodeGbk(answer)); // nothing is shown of one that is wrong further on
    for (const text of decodeGbk(answer)) await print(text);
    await print('\n');
  }
}

// ---- tcp-upper ----

async function echoUpper(stream) {
  for (let part; (part = await stream.recv(RECV_BYTES, 'TU-6')).length > 0; ) {
    await print(`接收客户端的数据: ${reprBytes(part)}\n`);
    await stream.send(upper(part), 'TU-6');
  }
}

async function askUpper(stream) {
  for await (const line of input('请输入你要发送给服务端的数据:')) {
    if (line.length === 0) continue;
    if (decode(line, 'utf-8') === null) throw new Breach('TU-5', 'the line is not UTF-8');
    // Both at once: a server that may not send its answer doesn't go on reading either.
    const sent = stream.send(line, 'TU-1');
    const [answer] = await Promise.all([stream.exactly(line.length, 'TU-3', 'the answer'), sent]);
    await print(`服务端发来的消息: ${reprBytes(answer)}\n`);
  }
}

// ---- udp-upper ----

function answerDatagrams(host, port) {
  const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4');
  socket.on('message', (datagram, { address, port, family }) => {
    const part = datagram.subarray(0, RECV_BYTES);
    const rest = family === 'IPv6' ? ', 0, 0' : '';
    print(`===> ${reprBytes(part)} ('${address}', ${port}${rest})\n`);
    socket.send(upper(part), port, address, () => {}); // one client's affair (NW-6)
  });
  socket.bind(port, host);
}

async function askDatagrams(host, port) {
  const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4');
  for await (const line of input('>>: ')) {
    const text = decode(line, 'utf-8');
    if (text === null) throw new Breach('UU-5', 'the line is not UTF-8');
    const answer = await new Promise((resolve, reject) => {
      const late = () => reject(new Breach('NW-6', `no answer for ${DATAGRAM_TIMEOUT_MS} ms`));
      const timer = setTimeout(late, DATAGRAM_TIMEOUT_MS);
      socket.removeAllListeners('message');
      socket.once('message', (datagram) => { clearTimeout(timer); resolve(datagram); });
      socket.send(strip(text), port, host, (error) => error && reject(error));
    });
    await print(`${reprBytes(answer.subarray(0, RECV_BYTES))}\n`);
  }
}

// ---- main ----

const [role, scenario, host, port, ...rest] = process.argv.slice(2);
const overStream = (ask) => async () => ask(await connect(host, port));
const programs = {
  'server file-transfer': () => serve(host, port, sendFile(...rest)),
  'client file-transfer': overStream(fetchFile),
  'server remote-command': () => serve(host, port, obey),
  'client remote-command': overStream(askCommands),
  'server tcp-upper': () => serve(host, port, echoUpper),
  'client tcp-upper': overStream(askUpper),
  'server udp-upper': () => answerDatagrams(host, port),
  'client udp-upper': () => askDatagrams(host, port),
};
const program = programs[`${role} ${scenario}`];
if (!program || !port || (role === 'server' && scenario === 'file-transfer' && !rest[0])) {
  console.error('usage: peer.mjs server|client SCENARIO HOST PORT [FILE [DESCRIPTION]]');
  process.exit(2);
}
try {
  await program();
  if (role === 'client') process.exit(0);
} catch (error) {
  console.error(error instanceof Breach ? error.message : `[NW-3] ${error.message}`);
  process.exit(1);
}
