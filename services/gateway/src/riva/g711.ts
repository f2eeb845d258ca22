/**
 * G.711 telephone audio as 16-bit samples (ITU-T G.711, 1988). A codeword is a sign, a segment of 3 bits and a step of 4: its value
 * is the middle of the step, scaled to 16 bits.
 */

const muLawBias = 0x84;

function fromMuLaw(codeword: number): number {
  const inverted = ~codeword & 0xff;
  const segment = (inverted & 0x70) >> 4;
  const magnitude = ((((inverted & 0x0f) << 3) + muLawBias) << segment) - muLawBias;
  return inverted & 0x80 ? -magnitude : magnitude;
}

function fromALaw(codeword: number): number {
  const toggled = codeword ^ 0x55;
  const segment = (toggled & 0x70) >> 4;
  const step = ((toggled & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return toggled & 0x80 ? magnitude : -magnitude;
}

const muLawSamples = Int16Array.from({ length: 256 }, (_, codeword) => fromMuLaw(codeword));
const aLawSamples = Int16Array.from({ length: 256 }, (_, codeword) => fromALaw(codeword));

/** Mu-law codewords to samples. */
export function decodeMuLaw(codewords: Uint8Array): Int16Array {
  return Int16Array.from(codewords, (codeword) => muLawSamples[codeword]!);
}

/** A-law codewords to samples. */
export function decodeALaw(codewords: Uint8Array): Int16Array {
  return Int16Array.from(codewords, (codeword) => aLawSamples[codeword]!);
}
