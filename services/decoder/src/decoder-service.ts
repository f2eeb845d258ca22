import { type BoundService, bindService } from '@osum/mesh';
import { LanguageDecoder } from '@osum/proto';
import { attach } from './attach.js';
import { type Generator, generate } from './generate.js';

/** The handlers of `osum.v1.LanguageDecoder`. */
export function decoderService(loaded: () => Generator): BoundService {
  return bindService(LanguageDecoder, {
    generate: (request, context) => generate(request, context, loaded()),
    attach: (requests, context) => attach(requests, context, loaded()),
  });
}
