import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { health, reflectionV1, reflectionV1alpha } from '@osum/proto';
import { type StageName, stages } from '../mesh/stages.js';
import { durationFromMs } from './api/common.js';
import type { Route, RouteAction } from './api/route.js';
import type { EnvoyOptions } from './envoy-options.js';
import { retryPolicy } from './retry-policy.js';

const none = durationFromMs(0);

/** A route for each method of a stage that any instance may serve. */
export function stageRoutes(stage: StageName, options: EnvoyOptions): Route[] {
  const { service, attached } = stages[stage];
  return service.methods.map((method) =>
    attached.includes(method.name)
      ? refusal(pathOf(method), `${method.name} goes to the instance that Generate named, not through Envoy.`)
      : { match: { path: pathOf(method) }, route: methodAction(stage, method, options) },
  );
}

/** Health and reflection of a stage's instances, for callers at the door. */
export function infrastructureRoutes(stage: StageName, options: EnvoyOptions): Route[] {
  const quiet: RouteAction = { cluster: stage, timeout: none, idle_timeout: none };
  return [
    // A watch says nothing while nothing changes.
    { match: { path: pathOf(health.Health.method.watch) }, route: quiet },
    ...[health.Health.method.check, health.Health.method.list].map((method) => {
      return { match: { path: pathOf(method) }, route: methodAction(stage, method, options) };
    }),
    ...[reflectionV1.ServerReflection, reflectionV1alpha.ServerReflection].map((service) => {
      const { serverReflectionInfo } = service.method;
      return {
        match: { path: pathOf(serverReflectionInfo) },
        route: methodAction(stage, serverReflectionInfo, options),
      };
    }),
  ];
}

/**
 * The refusal of health calls where stages reach each other: Envoy itself checks every instance, and clients take UNIMPLEMENTED for
 * an instance that serves.
 */
export function healthRefusal(): Route {
  return refusal(
    `/${health.Health.typeName}/`,
    'Envoy checks the health of every instance itself; ask an instance at its own address.',
  );
}

function methodAction(stage: StageName, method: DescMethod, options: EnvoyOptions): RouteAction {
  const policy = retryPolicy(method, options);
  return {
    cluster: stage,
    // Counted from the end of the request, when the answer of a long recording has only begun. The caller's deadline bounds it.
    timeout: method.methodKind === 'unary' ? durationFromMs(options.unaryTimeoutMs) : none,
    idle_timeout: durationFromMs(options.streamIdleMs),
    ...(policy && { retry_policy: policy }),
  };
}

function refusal(path: string, message: string): Route {
  const match = path.endsWith('/') ? { prefix: path } : { path };
  return { match, direct_response: { status: 404, body: { inline_string: message } } };
}

function pathOf({ parent, name }: { parent: DescService; name: string }): string {
  return `/${parent.typeName}/${name}`;
}
