import type { z } from 'zod';
import type { AvatarBody, avatarList, Links, SessionBody, token } from '../../gateway/api/schemas.ts';
import { ServerError } from '../session/server-error.ts';

export type Avatar = AvatarBody;
export type AvatarList = z.infer<typeof avatarList>;
export type { Links, SessionBody };

/** REST of the studio. Every call throws ServerError with the server's code. */
export class StudioApi {
  private readonly token: () => string;

  /** @param token join token of this page, sent as bearer */
  constructor(token: () => string) {
    this.token = token;
  }

  /** Development mode: a room and a driver's token for whoever opens the studio on the server's own machine. */
  openSession(room: string | null): Promise<SessionBody> {
    return call('/api/session', { method: 'POST', ...json(room ? { room } : {}) });
  }

  avatars(): Promise<AvatarList> {
    return call('/api/avatars', { headers: this.bearer() });
  }

  upload(picture: File, name: string, consent: boolean): Promise<Avatar> {
    const form = new FormData();
    form.set('consent', String(consent));
    if (name) form.set('name', name.slice(0, 60));
    form.set('picture', picture);
    return call('/api/avatars', { method: 'POST', headers: this.bearer(), body: form });
  }

  async removeAvatar(id: string): Promise<void> {
    await call(`/api/avatars/${encodeURIComponent(id)}`, { method: 'DELETE', headers: this.bearer() });
  }

  /** Links that let others watch the room. */
  async viewerLinks(room: string): Promise<Links> {
    const minted = await call<z.infer<typeof token>>(`/api/rooms/${encodeURIComponent(room)}/tokens`, {
      method: 'POST',
      ...json({ role: 'viewer' }, this.bearer()),
    });
    return minted.links;
  }

  private bearer(): Record<string, string> {
    const token = this.token();
    return token ? { authorization: `Bearer ${token}` } : {};
  }
}

function json(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function call<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new ServerError('CONNECTION_LOST', 'The server can not be reached.');
  }
  if (response.status === 204) return undefined as T;
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  const error = (body as { error?: { code?: string; message?: string } } | null)?.error;
  throw new ServerError(
    error?.code ?? 'INTERNAL',
    error?.message ?? `The server answered ${response.status}.`,
  );
}
