import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { iceServerLinks, iceServersFor } from './ice-servers.ts';

const turn = {
  urls: ['turn:turn.example:3478?transport=udp', 'turns:turn.example:5349'],
  secret: 'north',
  ttlS: 600,
};

describe('iceServersFor', () => {
  it('gives nothing where nothing is configured', () => {
    expect(iceServersFor({ stunUrls: [], turn: null }, 'peer', 0)).toEqual([]);
  });

  it('names each peer and expiry in credentials that a TURN server with the secret can check', () => {
    const [stun, server] = iceServersFor(
      { stunUrls: ['stun:stun.example'], turn },
      'peer-1',
      1_700_000_000_999,
    );
    expect(stun).toEqual({ urls: ['stun:stun.example'] });
    expect(server.username).toBe('1700000600:peer-1');
    expect(server.credential).toBe(createHmac('sha1', 'north').update('1700000600:peer-1').digest('base64'));
    expect(server.urls).toEqual(turn.urls);
    const [, other] = iceServersFor({ stunUrls: ['stun:stun.example'], turn }, 'peer-2', 1_700_000_000_999);
    expect(other.credential).not.toBe(server.credential);
  });

  it('computes the credential of a known name and secret', () => {
    // echo -n 1433895918:user | openssl dgst -sha1 -hmac logen -binary | base64
    const known = { urls: ['turn:x'], secret: 'logen', ttlS: 0 };
    const [{ credential }] = iceServersFor({ stunUrls: [], turn: known }, 'user', 1_433_895_918_000);
    expect(credential).toBe('KFLl1sC4biIDkeiqymyJDFWZuhc=');
  });
});

describe('iceServerLinks', () => {
  it('writes one Link field a URL', () => {
    const links = iceServerLinks(iceServersFor({ stunUrls: ['stun:stun.example'], turn }, 'p', 0));
    expect(links[0]).toBe('<stun:stun.example>; rel="ice-server"');
    expect(links[1]).toMatch(
      /^<turn:turn\.example:3478\?transport=udp>; rel="ice-server"; username="600:p"; credential="[^"]+"; credential-type="password"$/,
    );
    expect(links).toHaveLength(3);
  });
});
