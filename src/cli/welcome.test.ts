import { describe, expect, it } from 'vitest';
import { welcome } from './welcome.ts';

const links = {
  studio: 'http://localhost:8080/',
  demo: null,
  obs: null,
  phone: 'https://192.0.2.2:8443/go/abc',
  docs: 'http://localhost:8080/api/docs',
};
const base = { links, development: true, stateDir: '/state', qr: false };

describe('the welcome', () => {
  it('says what to open, leaves out what is not there, and how to stop', () => {
    const text = welcome(base);
    expect(text).toContain('  Be the avatar       http://localhost:8080/\n');
    expect(text).toContain('  From a phone here   https://192.0.2.2:8443/go/abc\n');
    expect(text).not.toContain('demonstration');
    expect(text).toContain('Uploads are kept in /state. Ctrl-C stops the server.');
    expect(text).toContain('Development mode');
  });

  it("draws the phone's link in colours of its own, on a terminal alone", () => {
    const rows = welcome({ ...base, qr: true }).split('\n');
    const drawn = rows.filter((row) => row.startsWith('  \x1b[97;40m'));
    expect(drawn.length).toBeGreaterThan(12);
    expect(new Set(drawn.map((row) => row.length)).size).toBe(1);
    expect(welcome(base)).not.toContain('\x1b');
    expect(welcome({ ...base, links: { ...links, phone: null }, qr: true })).not.toContain('\x1b');
  });

  it('sends whoever runs a server for others to the tokens', () => {
    const text = welcome({ ...base, development: false, links: { ...links, studio: null, phone: null } });
    expect(text).toContain('npm run token');
    expect(text).not.toContain('Development mode');
  });
});
