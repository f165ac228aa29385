/** IPTC's word for pictures that hold synthetic elements made by software. */
export const DIGITAL_SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic';
const STATEMENT = 'Synthetic media: a reenacted avatar made with Loki Live.';

/** Matroska ids (RFC 9559, section 5). */
const CLUSTER = [0x1f, 0x43, 0xb6, 0x75];
const TAGS = [0x12, 0x54, 0xc3, 0x67];
const TAG = [0x73, 0x73];
const TARGETS = [0x63, 0xc0];
const SIMPLE_TAG = [0x67, 0xc8];
const TAG_NAME = [0x45, 0xa3];
const TAG_STRING = [0x44, 0x87];
/** The box that holds XMP in MP4 files (XMP specification, part 3, section 1.1.5). */
const XMP_UUID = [
  0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac,
];

const text = new TextEncoder();

/** Says in the file itself that it is synthetic: tags in WebM, XMP in MP4; other files stay as they are. */
export function markSynthetic(file: Uint8Array): Uint8Array {
  if (startsWith(file, 0, [0x1a, 0x45, 0xdf, 0xa3])) return markWebm(file);
  if (startsWith(file, 4, [...text.encode('ftyp')])) return joined([file, xmpBox()]);
  return file;
}

/** A recorder's segment has no length, so an element may stand before its first cluster. */
function markWebm(file: Uint8Array): Uint8Array {
  for (let at = 4; at + 4 <= file.length; at++) {
    if (!startsWith(file, at, CLUSTER)) continue;
    const tags = element(TAGS, [
      element(TAG, [
        element(TARGETS, []),
        simpleTag('COMMENT', STATEMENT),
        simpleTag('DIGITAL_SOURCE_TYPE', DIGITAL_SOURCE_TYPE),
      ]),
    ]);
    return joined([file.subarray(0, at), tags, file.subarray(at)]);
  }
  return file;
}

function simpleTag(name: string, value: string): Uint8Array {
  return element(SIMPLE_TAG, [
    element(TAG_NAME, [text.encode(name)]),
    element(TAG_STRING, [text.encode(value)]),
  ]);
}

/** Id, length in eight bytes, content (EBML, RFC 8794). */
function element(id: readonly number[], content: readonly Uint8Array[]): Uint8Array {
  const body = joined(content);
  const length = new Uint8Array(8);
  const view = new DataView(length.buffer);
  view.setUint8(0, 1);
  view.setUint32(4, body.length);
  return joined([Uint8Array.from(id), length, body]);
}

function xmpBox(): Uint8Array {
  const xmp = text.encode(
    `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="${DIGITAL_SOURCE_TYPE}">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${STATEMENT}</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`,
  );
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, 8 + XMP_UUID.length + xmp.length);
  head.set(text.encode('uuid'), 4);
  return joined([head, Uint8Array.from(XMP_UUID), xmp]);
}

function startsWith(bytes: Uint8Array, at: number, wanted: readonly number[]): boolean {
  return bytes.length >= at + wanted.length && wanted.every((byte, i) => bytes[at + i] === byte);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
