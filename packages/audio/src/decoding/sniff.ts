import { id3TagBytes } from './mp3-frame-counter.js';
import { readMp3FrameHeader } from './mp3-frames.js';

/** A format that is decoded. */
export type Container = 'wav' | 'flac' | 'ogg-flac' | 'ogg-opus' | 'mp3';

/**
 * What the first bytes say: a format that is decoded, the name of one that is not, nothing known, or that
 * more bytes are needed.
 */
export type Sniffed =
  | { readonly kind: 'container'; readonly container: Container }
  | { readonly kind: 'unsupported'; readonly name: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'more' };

interface Signature {
  readonly offset: number;
  readonly bytes: string;
  readonly result: Sniffed;
}

const container = (name: Container): Sniffed => ({ kind: 'container', container: name });
const unsupported = (name: string): Sniffed => ({ kind: 'unsupported', name });

/** Where the first packet of an Ogg stream begins: after a page header with one segment. */
const OGG_PACKET = 28;

const SIGNATURES: readonly Signature[] = [
  { offset: 8, bytes: 'WAVE', result: container('wav') },
  { offset: 0, bytes: 'fLaC', result: container('flac') },
  { offset: OGG_PACKET, bytes: 'OpusHead', result: container('ogg-opus') },
  { offset: OGG_PACKET, bytes: '\x7fFLAC', result: container('ogg-flac') },
  { offset: OGG_PACKET, bytes: '\x01vorbis', result: unsupported('Ogg Vorbis') },
  { offset: OGG_PACKET, bytes: 'Speex   ', result: unsupported('Ogg Speex') },
  { offset: 4, bytes: 'ftyp', result: unsupported('MP4 or M4A (AAC)') },
  { offset: 0, bytes: '\x1aE\xdf\xa3', result: unsupported('WebM or Matroska') },
  { offset: 0, bytes: 'FORM', result: unsupported('AIFF') },
  { offset: 0, bytes: 'caff', result: unsupported('Core Audio Format') },
  { offset: 0, bytes: '#!AMR', result: unsupported('AMR') },
  { offset: 0, bytes: '.snd', result: unsupported('Sun audio') },
  { offset: 0, bytes: '\x30\x26\xb2\x75', result: unsupported('Windows Media Audio') },
];

/** As many bytes as any signature needs. */
const SIGNATURE_BYTES = 40;
/** A long ID3 tag with pictures is waited for up to this size before an MP3 frame. */
const LONGEST_ID3_BYTES = 16 * 1024 * 1024;

/**
 * Recognises the format of a stream by its first bytes.
 * @param head all bytes so far.
 * @param atEnd true where no more will come.
 */
export function sniff(head: Uint8Array, atEnd: boolean): Sniffed {
  if (head.length < SIGNATURE_BYTES && !atEnd) return { kind: 'more' };
  const text = Buffer.from(head.subarray(0, SIGNATURE_BYTES)).toString('latin1');
  const isRiff = text.startsWith('RIFF') || text.startsWith('RF64');
  for (const { offset, bytes, result } of SIGNATURES) {
    const fits = text.startsWith(bytes, offset);
    if (fits && (offset !== 8 || isRiff) && (offset !== OGG_PACKET || text.startsWith('OggS'))) return result;
  }
  if (text.startsWith('OggS')) return unsupported('Ogg with another codec than Opus or FLAC');
  if (isRiff) return unsupported('RIFF other than WAVE');
  return sniffMpeg(head, atEnd);
}

/** An MP3 stream is known by two frames in a row, since a single header is only some twenty bits. */
function sniffMpeg(head: Uint8Array, atEnd: boolean): Sniffed {
  const start = id3TagBytes(head);
  if (start > LONGEST_ID3_BYTES) return { kind: 'unknown' };
  if (head.length < start + 4) return atEnd ? { kind: 'unknown' } : { kind: 'more' };
  const first = readMp3FrameHeader(head, start);
  if (first === undefined) return isAdts(head, start) ? unsupported('AAC (ADTS)') : { kind: 'unknown' };
  const second = start + first.byteLength;
  if (head.length < second + 4) return atEnd && head.length >= second ? container('mp3') : more(atEnd);
  return readMp3FrameHeader(head, second) === undefined ? { kind: 'unknown' } : container('mp3');
}

function more(atEnd: boolean): Sniffed {
  return { kind: atEnd ? 'unknown' : 'more' };
}

function isAdts(head: Uint8Array, offset: number): boolean {
  return head[offset] === 0xff && (head[offset + 1]! & 0xf6) === 0xf0;
}
