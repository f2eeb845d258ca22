import { type BoundService, bindService } from '@osum/mesh';
import { SpeechUnderstanding } from '@osum/proto';
import { describe } from './describe.js';
import { planMessage } from './plan/plan.js';
import type { Router } from './router.js';
import { understand } from './stream/understand.js';
import { requireServedModel } from './stream/understand-config.js';

/** `osum.v1.SpeechUnderstanding` over a router; `loaded` throws UNAVAILABLE until there is one. */
export function routerService(loaded: () => Router): BoundService {
  return bindService(SpeechUnderstanding, {
    async *understand(requests, context) {
      const router = loaded();
      const admitted = router.admission.admit(context.tenant);
      try {
        yield* understand(requests, context, router, admitted);
      } finally {
        admitted.end();
      }
    },
    async interpret({ instruction, model }, context) {
      const router = loaded();
      const admitted = router.admission.admit(context.tenant);
      try {
        requireServedModel(model, router.manifest);
        return { plan: planMessage(await router.planner.fromInstruction(instruction, context)) };
      } finally {
        admitted.end();
      }
    },
    async describe({ model }) {
      const router = loaded();
      requireServedModel(model, router.manifest);
      return describe(router);
    },
  });
}
