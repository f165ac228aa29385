import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = import.meta.dirname;
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('testing'))
  .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));

/** Where a mediasoup call is written, as `file: receiver`. */
function calls(method: string): string[] {
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(new RegExp(`([\\w.#]+)\\.${method}\\(`, 'g'))].map(
      ([, receiver]) => `${path}: ${receiver}`,
    ),
  );
}

describe('the only ways out of a room', () => {
  it('are one call for viewers, which takes the avatar, and one towards the reenactment worker', () => {
    expect(calls('consume').sort()).toEqual(
      [
        // These two call AvatarSource.consume, which takes no id.
        'avatar-leg.ts: this.#transport',
        'avatar-source.ts: viewer',
        'http/whep.ts: source',
        'peer.ts: this.room.media.avatar',
      ].sort(),
    );
  });

  it('are no pipes but those of the avatar, and no data but towards the reenactment', () => {
    expect(calls('pipeToRouter')).toEqual(['avatar-source.ts: this.router']);
    expect(calls('consumeData')).toEqual(['room-media.ts: this.#landmarkTransport']);
  });

  it('make an AvatarSource of the producers on the worker leg alone', () => {
    const made = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/new AvatarSource\(([^)]*)\)/g)].map(([, from]) => `${path}: ${from}`),
    );
    expect(made).toEqual(['avatar-leg.ts: router, avatar', 'avatar-source.ts: router, producers']);
    const leg = sources.find(({ path }) => path === 'avatar-leg.ts')!.text;
    // What is produced on the leg's transport is what the worker sends.
    expect(leg.match(/\.produce\(/g)).toHaveLength(1);
    expect(leg).toMatch(/\[streams\.video, streams\.audio\]\.map\(\(stream\) =>\s*transport\.produce\(/);
  });

  it('take no request in which a producer to receive could be named', () => {
    const messages = sources.find(({ path }) => path === 'signaling/messages.ts')!.text;
    const requests = messages.slice(
      messages.indexOf('export const clientRequest'),
      messages.indexOf('export type ClientRequest'),
    );
    expect(requests.match(/producerId/g)).toHaveLength(1);
    expect(requests).toMatch(/'closeProducer', z\.strictObject\(\{ producerId: id \}\)/);
  });
});
