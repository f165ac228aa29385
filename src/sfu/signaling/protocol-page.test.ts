import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ERROR_CODES } from '../../errors.ts';
import { CLOSE_CODES, MAX_MESSAGE_BYTES, PROTOCOL_VERSION } from './constants.ts';
import { clientRequest, optionsPatch } from './messages.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const page = read('../../../docs/protocol.md');
const source = read('./messages.ts').replace(/\/\*\*[\s\S]*?\*\//g, '');

/** Lines of the table under a heading, by the word in backticks that they begin with. */
function rows(heading: string): Map<string, string> {
  const from = page.indexOf(`\n${heading}\n`);
  const section = page.slice(from + heading.length + 2).split(/\n#+ /)[0];
  return new Map(
    section
      .split('\n')
      .map((line) => [/^\| `([^`]+)`/.exec(line)?.[1], line] as const)
      .filter((row): row is readonly [string, string] => row[0] !== undefined),
  );
}

/** Body of an interface or type alias of messages.ts. */
function declaration(start: string, end: string): string {
  const from = source.indexOf(start);
  return source.slice(from, source.indexOf(end, from));
}

const shapes = new Map(
  clientRequest.options.map((option) => [
    option.shape.type.value as string,
    Object.keys((option.shape.data as z.ZodObject).shape),
  ]),
);

describe('docs/protocol.md', () => {
  it('has every request with every field, and no other', () => {
    const documented = rows('## Requests');
    expect([...documented.keys()].sort()).toEqual([...shapes.keys()].sort());
    for (const [type, fields] of shapes) {
      for (const field of fields) expect(documented.get(type)).toContain(`\`${field}\``);
    }
  });

  it('has every field of every answer', () => {
    const documented = rows('## Requests');
    const answers = declaration('export interface Answers', '\n}\n');
    const transport = declaration('export interface TransportInfo', '\n}\n');
    const consumer = declaration('export interface ConsumerInfo', '\n}\n');
    const fieldsOf = (text: string) =>
      [...text.matchAll(/(?:readonly )?(\w+)\??: /g)].map(([, name]) => name);
    for (const type of shapes.keys()) {
      const body = new RegExp(`\\n  ${type}: ([\\s\\S]*?);\\n(?=  \\w+: |$)`).exec(`${answers}\n`)?.[1] ?? '';
      const fields = fieldsOf(body.replace(/Record<[^>]*>/g, '')).filter((name) => name !== type);
      for (const field of fields) expect(documented.get(type)).toContain(`\`${field}\``);
    }
    const topLevel = /^ {2}readonly (\w+)/gm;
    for (const [, field] of transport.matchAll(topLevel)) {
      expect(documented.get('createTransport')).toContain(`\`${field}\``);
    }
    for (const [, field] of consumer.matchAll(topLevel)) {
      expect(documented.get('watch')).toContain(`\`${field}\``);
    }
  });

  it('has every notification with every field, and no other', () => {
    const documented = rows('## Notifications');
    const union = declaration('export type Notification', '\nexport type Answer');
    const types = [...union.matchAll(/type: '(\w+)'; data: (.*?) \};?$/gm)];
    expect([...documented.keys()].sort()).toEqual(types.map(([, type]) => type).sort());
    for (const [, type, data] of types) {
      const fields = [...data.matchAll(/(\w+): /g)].map(([, name]) => name);
      for (const field of fields) expect(documented.get(type)).toContain(`\`${field}\``);
    }
  });

  it('has every option and every field of a room state', () => {
    expect([...rows('### Options').keys()].sort()).toEqual(Object.keys(optionsPatch.shape).sort());
    const state = declaration('export interface RoomState', '\n}\n');
    const paragraph = /A room state: [\s\S]*?\n\n/.exec(page)?.[0] ?? '';
    for (const [, field] of state.matchAll(/^ {2}readonly (\w+)/gm))
      expect(paragraph).toContain(`\`${field}\``);
  });

  it('has every close code with its number and whether to come back', () => {
    const documented = rows('## Close codes');
    expect([...documented.keys()].sort()).toEqual(Object.keys(CLOSE_CODES).sort());
    for (const [reason, { code, retry }] of Object.entries(CLOSE_CODES)) {
      expect(documented.get(reason)).toMatch(new RegExp(`\\| ${code} \\| ${retry ? 'yes' : 'no'} `));
    }
    expect(new Set(Object.values(CLOSE_CODES).map(({ code }) => code)).size).toBe(
      Object.keys(CLOSE_CODES).length,
    );
  });

  it('names no error code that does not exist, and every one that the SFU throws', () => {
    const section = page.slice(page.indexOf('\n## Errors\n'), page.indexOf('\n## Close codes\n'));
    const own = new Set(['CONNECTION_LOST', 'TIMEOUT', 'CLOSED']);
    const named = [...section.matchAll(/`([A-Z_]+)`/g)]
      .map(([, code]) => code)
      .filter((code) => !own.has(code));
    expect(named.filter((code) => !(code in ERROR_CODES))).toEqual([]);
    const thrown = [
      '../peer.ts',
      '../room.ts',
      '../room-members.ts',
      '../rooms.ts',
      '../room-media.ts',
      '../player-sources.ts',
      '../avatar-source.ts',
      '../workers.ts',
      './connection.ts',
      './server.ts',
      './requests.ts',
    ]
      .flatMap((path) => [...read(path).matchAll(/new LokiError\(\s*'([A-Z_]+)'/g)].map(([, code]) => code))
      // Met by whoever starts the server or makes a room, never by a client of this protocol.
      .filter((code) => !['CONFIG_INVALID', 'INVALID_OPTION'].includes(code));
    expect(thrown.filter((code) => !named.includes(code))).toEqual([]);
  });

  it('states version and size as they are', () => {
    expect(page).toContain(`Version ${PROTOCOL_VERSION}.`);
    expect(page).toContain(`at most ${MAX_MESSAGE_BYTES / 1024} KiB`);
  });
});

it('every schema of a request refuses fields that it does not know', () => {
  for (const option of clientRequest.options) {
    expect(z.toJSONSchema(option.shape.data, { unrepresentable: 'any' })).toMatchObject({
      additionalProperties: false,
    });
  }
});
