import { renderUnicodeCompact } from 'uqr';

/** What a new user opens. */
export interface WelcomeLinks {
  readonly studio: string | null;
  readonly demo: string | null;
  readonly obs: string | null;
  readonly phone: string | null;
  readonly docs: string;
}

export interface Welcome {
  readonly links: WelcomeLinks;
  readonly development: boolean;
  readonly stateDir: string;
  /** The phone's link also as a picture to point its camera at. */
  readonly qr: boolean;
}

/** What the terminal shows once the server runs: what to open, and how to stop it. */
export function welcome({ links, development, stateDir, qr }: Welcome): string {
  const rows: [string, string | null][] = [
    ['Be the avatar', links.studio],
    ['Watch the demonstration', links.demo],
    ['In OBS, as browser source', links.obs],
    ['From a phone here', links.phone],
    ['REST interface', links.docs],
  ];
  const shown = rows.filter((row): row is [string, string] => row[1] !== null);
  const width = Math.max(...shown.map(([what]) => what.length));
  const lines = ['', 'Loki Live is running.', ''];
  for (const [what, link] of shown) lines.push(`  ${what.padEnd(width)}   ${link}`);
  if (links.phone !== null && qr) {
    lines.push('', qrCode(links.phone));
    lines.push('', '  (the browser warns of the certificate once, because this machine made it itself)');
  }
  lines.push('');
  if (development) {
    lines.push(
      'Development mode: whoever sits at this machine may drive without a link; other machines need',
    );
    lines.push('one of these links. docs/running.md says how to serve others.');
  } else {
    lines.push('Whoever drives or watches needs a link: npm run token -- --help');
  }
  lines.push(`Uploads are kept in ${stateDir}. Ctrl-C stops the server.`, '');
  return lines.join('\n');
}

/** White on black whatever the terminal's colours are: many cameras do not read it the other way round. */
function qrCode(text: string): string {
  return renderUnicodeCompact(text, { border: 2 }).replace(/^.*$/gm, (row) => `  \x1b[97;40m${row}\x1b[0m`);
}
