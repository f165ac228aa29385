import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtinAvatars } from '../../builtin-media.ts';
import { type Fixture, openFixture } from '../gateway-fixture.ts';
import { CONSENT_STATEMENT } from './upload.ts';

let server: Fixture;
let driver: string;
let other: string;
const face = readFileSync(builtinAvatars()[0]!.path);
beforeAll(async () => {
  server = await openFixture({ options: { 'avatars.maxUploadMb': 2, 'http.requestsPerMinute': 10_000 } });
  driver = (await server.tokens.mint({ room: 'a', role: 'driver', ttlS: 600 })).token;
  other = (await server.tokens.mint({ room: 'b', role: 'driver', ttlS: 600 })).token;
});
afterAll(() => server.close());
beforeEach(() => {
  server.reenactment.portrait = { ok: true, widthPx: 768, heightPx: 768 };
});

const folder = (): string => join(server.stateDir, 'avatars');

interface Upload {
  readonly bytes?: Buffer;
  readonly fields?: Record<string, string>;
  readonly token?: string;
  readonly part?: string;
}
function upload({
  bytes = face,
  fields = { consent: 'true' },
  token = driver,
  part = 'picture',
}: Upload = {}) {
  const form = new FormData();
  form.set(part, new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), 'IMG_2041 (1).jpeg');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return server.get('/api/avatars', token, { method: 'POST', body: form });
}
async function refusal(response: Response): Promise<{ status: number; code: string }> {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  expect(error.message).toMatch(/^[A-Z].*\.$/);
  expect(readdirSync(folder()).filter((name) => name.startsWith('.'))).toEqual([]);
  return { status: response.status, code: error.code };
}
const gallery = async (token: string) =>
  (
    (await (await server.get('/api/avatars', token)).json()) as {
      avatars: { id: string; builtin: boolean }[];
    }
  ).avatars;

describe('an uploaded portrait', () => {
  it('joins the gallery with a thumbnail and a record of the consent, and is gone when it is deleted', async () => {
    const made = await upload({ fields: { consent: 'true', consentBy: 'Ada', name: 'Me' } });
    expect(made.status).toBe(201);
    const avatar = (await made.json()) as { id: string; thumbnail: string; picture: string };
    expect(avatar).toMatchObject({ name: 'Me', builtin: false, deletable: true });
    expect((await gallery(driver)).at(-1)).toEqual(avatar);

    const record = JSON.parse(readFileSync(join(folder(), avatar.id, 'consent.json'), 'utf8'));
    const kept = readFileSync(join(folder(), avatar.id, 'portrait.jpg'));
    expect(record).toMatchObject({ statement: CONSENT_STATEMENT, agreedBy: 'Ada' });
    expect(Date.now() - Date.parse(record.agreedAt)).toBeLessThan(60_000);
    expect(record.sha256).toEqual({
      upload: createHash('sha256').update(face).digest('hex'),
      picture: createHash('sha256').update(kept).digest('hex'),
    });

    const thumbnail = await server.get(avatar.thumbnail);
    expect(thumbnail.headers.get('content-type')).toBe('image/webp');
    const { width, height } = await sharp(Buffer.from(await thumbnail.arrayBuffer())).metadata();
    expect([width, height]).toEqual([256, 256]);

    await server.sfu.rooms.create({ roomId: 'shows-it', avatarId: avatar.id });
    expect((await server.get(`/api/avatars/${avatar.id}`, driver, { method: 'DELETE' })).status).toBe(204);
    expect(server.sfu.books.get('shows-it')?.state.avatarId).toBe('amara');
    expect(server.reenactment.forgotten).toContain(join(folder(), avatar.id, 'portrait.jpg'));
    expect(existsSync(join(folder(), avatar.id))).toBe(false);
    expect((await server.get(avatar.thumbnail)).status).toBe(404);
  });

  it('is seen by the people of its room alone', async () => {
    const { id, picture } = (await (await upload()).json()) as { id: string; picture: string };
    expect((await gallery(driver)).map((avatar) => avatar.id)).toContain(id);
    expect((await gallery(other)).map((avatar) => avatar.id)).not.toContain(id);
    expect((await server.get(picture, driver)).status).toBe(200);
    expect((await server.get(picture, other)).status).toBe(404);
    expect((await server.get(picture)).status).toBe(401);
    expect((await server.get(`/api/avatars/${id}`, other, { method: 'DELETE' })).status).toBe(404);
    const viewer = (await server.tokens.mint({ room: 'a', role: 'viewer', ttlS: 60 })).token;
    expect((await server.get(`/api/avatars/${id}`, viewer, { method: 'DELETE' })).status).toBe(403);
  });

  it('is kept upright, opaque and without what the camera wrote into it', async () => {
    const rotated = await sharp(face)
      .resize(300, 200, { fit: 'fill' })
      .withExif({ IFD0: { Artist: 'the place where I live' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect(rotated.includes('Exif')).toBe(true);
    const { id } = (await (await upload({ bytes: rotated })).json()) as { id: string };
    const kept = readFileSync(join(folder(), id, 'portrait.jpg'));
    const { width, height, orientation } = await sharp(kept).metadata();
    expect([width, height, orientation]).toEqual([200, 300, undefined]);
    expect(kept.includes('the place')).toBe(false);
  });

  it.each([
    ['transparent parts', () => sharp(face).ensureAlpha(0.5).png().toBuffer()],
    ['CMYK colours', () => sharp(face).toColourspace('cmyk').jpeg().toBuffer()],
    ['16 bits', () => sharp(face).resize(200).toColourspace('rgb16').png().toBuffer()],
    ['WebP', () => sharp(face).webp().toBuffer()],
    ['AVIF', () => sharp(face).resize(200).avif().toBuffer()],
  ])('may have or be %s', async (_title, make) => {
    const response = await upload({ bytes: await make() });
    expect(response.status).toBe(201);
    const { id } = (await response.json()) as { id: string };
    const kept = await sharp(join(folder(), id, 'portrait.jpg')).metadata();
    expect(kept).toMatchObject({ format: 'jpeg', space: 'srgb', channels: 3, depth: 'uchar' });
  });

  it.each([
    ['without consent', {}, 'CONSENT_MISSING', 422],
    ['with a consent that says no', { consent: 'false' }, 'CONSENT_MISSING', 422],
    ['with a name that is too long', { consent: 'true', name: 'x'.repeat(61) }, 'BAD_MESSAGE', 400],
  ])('is refused %s', async (_title, fields, code, status) => {
    expect(await refusal(await upload({ fields: fields as Record<string, string> }))).toEqual({
      status,
      code,
    });
  });

  const black = (width: number, height: number) =>
    sharp(Buffer.alloc(width * height), { raw: { width, height, channels: 1 } })
      .png({ compressionLevel: 1 })
      .toBuffer();

  it.each([
    ['is no picture', async () => Buffer.from('hello'), 'INPUT_UNREADABLE', 415],
    ['is empty', async () => Buffer.alloc(0), 'INPUT_UNREADABLE', 415],
    ['is cut short', async () => face.subarray(0, 2000), 'INPUT_UNREADABLE', 415],
    [
      'is a program',
      async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      'INPUT_UNREADABLE',
      415,
    ],
    ['has 100 million pixels in a small file', () => black(10_000, 10_000), 'INPUT_TOO_LARGE', 413],
    ['is a larger file than allowed', async () => Buffer.alloc(3 * 1024 * 1024, 1), 'INPUT_TOO_LARGE', 413],
  ])('is refused where it %s', async (_title, make, code, status) => {
    expect(await refusal(await upload({ bytes: await make() }))).toEqual({ status, code });
  });

  it('is refused where the worker sees no face', async () => {
    server.reenactment.portrait = { ok: false, code: 'NO_FACE', message: 'portrait.jpg shows no face.' };
    expect(await refusal(await upload())).toEqual({ status: 422, code: 'NO_FACE' });
  });

  it('is refused in another part, from a viewer, and without a form', async () => {
    expect(await refusal(await upload({ part: 'file' }))).toEqual({ status: 400, code: 'BAD_MESSAGE' });
    const viewer = (await server.tokens.mint({ room: 'a', role: 'viewer', ttlS: 60 })).token;
    expect(await refusal(await upload({ token: viewer }))).toEqual({ status: 403, code: 'NOT_ALLOWED' });
    const plain = await server.get('/api/avatars', driver, { method: 'POST' });
    expect(await refusal(plain)).toEqual({ status: 400, code: 'BAD_MESSAGE' });
  });
});

describe('the built-in avatars', () => {
  it('come first, are marked as renders, need no token to be seen, and stay', async () => {
    const [first] = await gallery(driver);
    expect(first).toMatchObject({ id: 'amara', builtin: true });
    const picture = await server.get('/api/avatars/amara/picture');
    expect(picture.status).toBe(200);
    expect(picture.headers.get('digital-source-type')).toContain('algorithmicMedia');
    const admin = (await server.tokens.mint({ room: '*', role: 'admin', ttlS: 60 })).token;
    const kept = await server.get('/api/avatars/amara', admin, { method: 'DELETE' });
    expect(await refusal(kept)).toEqual({ status: 403, code: 'NOT_ALLOWED' });
  });
});
