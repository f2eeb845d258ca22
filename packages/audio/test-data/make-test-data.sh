#!/usr/bin/env bash
# Makes the audio files of this folder from one recording; see README.md. Needs ffmpeg with libopus and libmp3lame.
set -euo pipefail
cd "$(dirname "$0")"
ffmpeg=${FFMPEG:-ffmpeg}
encode() { "$ffmpeg" -hide_banner -loglevel error -y -bitexact -ss 0.4 -t "$1" -i ../../../test/recordings/hold-fast.ogg -map_metadata -1 "${@:2}"; }
raw=(-f s16le -acodec pcm_s16le)

# The reference: the same stretch at the rate of each file, decoded by ffmpeg.
encode 1.5 -ar 16000 speech-16k-s16.wav
encode 0.5 -ar 8000 -acodec pcm_u8 speech-8k-u8.wav
encode 0.5 -ar 8000 -acodec pcm_alaw speech-8k-alaw.wav
encode 0.5 -ar 8000 -acodec pcm_mulaw speech-8k-mulaw.wav
encode 0.5 -ar 8000 -acodec pcm_s24le speech-8k-s24.wav
encode 0.5 -ar 8000 -acodec pcm_s32le speech-8k-s32.wav
encode 0.5 -ar 8000 -acodec pcm_f32le speech-8k-f32.wav
encode 0.25 -ar 8000 -acodec pcm_f64le speech-8k-f64.wav
encode 0.5 -ar 8000 "${raw[@]}" speech-8k.s16le
# Left the voice, right the same at a third: the mono mean is two thirds.
encode 0.5 -ar 22050 -af "pan=stereo|c0=c0|c1=0.3333*c0" -acodec flac speech-22k-stereo.flac
encode 1.5 -ar 16000 -acodec flac -sample_fmt s16 speech-16k.flac
encode 1.5 -ar 16000 -acodec flac -sample_fmt s16 -f ogg -page_duration 200000 speech-16k-flac.ogg
encode 1.5 -ar 44100 -acodec libmp3lame -b:a 64k -id3v2_version 3 -metadata title=t speech-44k.mp3
encode 1.5 -ar 16000 -acodec libmp3lame -b:a 32k -write_xing 0 speech-16k-no-header.mp3
encode 1.5 -ar 48000 -acodec libopus -b:a 24k -page_duration 200000 speech-48k.opus
encode 1.5 -ar 48000 -af "pan=stereo|c0=c0|c1=0.3333*c0" -acodec libopus -b:a 32k -page_duration 200000 speech-48k-stereo.opus
# Containers that are recognised and refused by name.
encode 0.2 -ar 16000 -acodec aac -f mp4 refused.m4a
encode 0.2 -ar 48000 -acodec libvorbis refused-vorbis.ogg
encode 0.2 -ar 48000 -acodec libopus -f webm refused.webm
